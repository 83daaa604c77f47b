/** What a logo refers to: `href` and `url(…)`. Nothing is ever followed. */
import type { Report } from './svg-report.ts';
import { xlinkNamespace, xmlNamespace } from './svg-schema.ts';
import type { SvgAttribute, SvgDocument } from './svg-xml.ts';

/** Reports references that leave the file, that lead nowhere, and those that are scripts or bitmaps. */
export function referenceFindings(document: SvgDocument, report: Report): void {
  const ids = new Set<string>();
  for (const element of document.elements) {
    for (const { name, value } of element.attributes) if (name === 'id' || name === 'xml:id') ids.add(value.trim());
  }
  for (const element of document.elements) {
    for (const attribute of element.attributes) {
      for (const target of targetsOf(attribute)) reportTarget(attribute, target, ids, report);
    }
  }
}

function targetsOf(attribute: SvgAttribute): readonly string[] {
  const { local, namespace, value } = attribute;
  const isReference =
    (local === 'href' || local === 'src') &&
    (namespace === '' || namespace === xlinkNamespace || namespace === undefined);
  if (isReference || (local === 'base' && namespace === xmlNamespace)) return [value.trim()];
  if (!value.includes('url(')) return [];
  return [...value.matchAll(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^)]*))/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare?.trim() ?? '',
  );
}

function reportTarget(attribute: SvgAttribute, target: string, ids: ReadonlySet<string>, report: Report): void {
  // Browsers drop tabs and line breaks from addresses and ignore case in schemes.
  const address = target.replaceAll(/[\t\n\r]/g, '').toLowerCase();
  if (address.startsWith('javascript:') || address.startsWith('vbscript:')) {
    report.add('svg.script', attribute, { what: `${attribute.name}="${target.slice(0, 40)}"` });
  } else if (address.startsWith('data:image/') && !address.startsWith('data:image/svg')) {
    report.add('svg.image', attribute, { what: target.slice(0, 40) });
  } else if (!target.startsWith('#')) {
    if (target !== '')
      report.add('svg.reference.external', attribute, { attribute: attribute.name, target: target.slice(0, 80) });
  } else if (!ids.has(target.slice(1))) {
    report.add('svg.reference.broken', attribute, { attribute: attribute.name, target: target.slice(1, 80) });
  }
}
