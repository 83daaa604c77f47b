/** What a receiver's Postfix says of a message, and what Septet says of it, in the same words. */
import type { Proof } from '../../src/proof/proof.ts';
import type { Words } from './postfix-cases.ts';

/** Read by its own few lines, so that Septet's reader is not measured by itself. */
export function theirWords(message: string, authservId: string): Omit<Words, 'disposition'> {
  const header = message.slice(0, message.indexOf('\n\n')).replaceAll(/\n[ \t]+/g, ' ');
  const results: (readonly [method: string, result: string])[] = [];
  for (const line of header.split('\n')) {
    const value = /^Authentication-Results: (.*)$/.exec(line)?.[1];
    if (value === undefined || !value.startsWith(`${authservId};`)) continue;
    for (const part of value.replaceAll(/\([^)]*\)|"[^"]*"/g, '').split(';')) {
      const [, method, result] = /^\s*([\w-]+)=(\w+)/.exec(part) ?? [];
      if (method !== undefined && result !== undefined) results.push([method, result]);
    }
  }
  const of = (method: string): readonly string[] => results.filter(([name]) => name === method).map(([, word]) => word);
  const only = (method: string): string => of(method).join(' and ') || 'nothing';
  return { spf: only('spf'), dkim: of('dkim'), dmarc: only('dmarc') };
}

/** As a receiver that knows RFC 7489 sees it, which OpenDMARC is. */
export function ourWords({ spf, dkim, dmarc }: Proof): Words {
  const reading = dmarc.readings.find(({ reader }) => reader === 'RFC 7489');
  return {
    spf: spf.find(({ scope }) => scope === 'mfrom')?.result ?? 'nothing',
    dkim: dkim.length === 0 ? ['none'] : dkim.map(({ result }) => result),
    dmarc: reading?.result ?? 'nothing',
    disposition: reading?.disposition ?? 'nothing',
  };
}

/** Of one JSON document a line. */
export function proofsIn(text: string): readonly Proof[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Proof);
}
