/** `septet bimi preview`: a logo in the sizes and shapes of mailboxes, as a page or as a picture. */
import path from 'node:path';
import { root } from '../../dns/name.ts';
import { checkSvg } from '../../records/bimi/svg-check.ts';
import { svgNamespace } from '../../records/bimi/svg-schema.ts';
import { readSvg } from '../../records/bimi/svg-xml.ts';
import { InputError, type Io } from '../io.ts';
import { drawPage } from './chromium.ts';
import { previewPage } from './preview-page.ts';
import { sheetHeight, sheetWidth } from './preview-style.ts';

export interface PreviewFlags {
  readonly html?: string;
  readonly png?: string;
}

/** 0 when it is shown, 2 (by `InputError`) when the file is no picture or there is no Chromium for `--png`. */
export async function preview(logo: string, flags: PreviewFlags, io: Io): Promise<number> {
  const { html, png } = flags;
  const octets = await io.readFile(logo);
  const name = logo === '-' ? 'standard input' : logo;
  const document = readSvg(octets);
  if (document.fault || !document.root) {
    throw new InputError(
      `${name} cannot be shown, as it cannot be read as SVG: ${document.fault?.detail ?? 'it is empty'}.`,
    );
  }
  if (document.root.local !== 'svg' || document.root.namespace !== svgNamespace) {
    throw new InputError(`${name} cannot be shown, as its root is not \`<svg xmlns="${svgNamespace}">\`.`);
  }
  const { findings, schemaValid } = checkSvg(octets, { place: name, subject: { name: root, type: 'SVG' } });
  const title = document.root.children.find(({ local }) => local === 'title')?.text.trim();
  const shown = {
    name: path.basename(name),
    plain: document.plain,
    findings,
    schemaValid,
    ...(title ? { title } : {}),
  };
  const page = previewPage(shown, 'page');
  if (html !== undefined) {
    await io.writeFile(html, page);
    io.out(`${html} shows ${name}. Open it in a browser.\n`);
  }
  if (png !== undefined) {
    await drawPage(previewPage(shown, 'sheet'), { width: sheetWidth, height: sheetHeight, out: png, io });
    io.out(`${png} shows ${name}.\n`);
  }
  if (html === undefined && png === undefined) io.out(page);
  return 0;
}
