/** Rewrites HTML and holds the outcome against an independent parser. */
import assert from 'node:assert/strict';
import { isAscii, type Buffer } from 'node:buffer';
import { dnsName } from '../../src/dns/name.ts';
import { hrefTarget, chooseLink, type LinkRules } from '../../src/rewrite/link-target.ts';
import { htmlSplices } from '../../src/rewrite/rewrite-html.ts';
import { joinSplices } from '../../src/rewrite/splice.ts';
import { tokenReader, tokenWriter } from '../../src/rewrite/tokens.ts';
import { keysForTests } from './keys.ts';
import { oracleLinks } from './html-oracle.ts';

const host = dnsName('track.example.com');
const writer = tokenWriter(keysForTests(1));
const reader = tokenReader(keysForTests(1));
const ids = { message: 'm', campaign: 'c', reader: '0123456789abcdef' };
const rules: LinkRules = { host, listed: new Set(), keepUnsubscribeLinks: false };

/** Where a link leads behind the tracking host; undefined where it does not lead there. */
export function targetBehind(address: string): string | undefined {
  if (!address.startsWith(`https://${host}/c/`)) return undefined;
  const reading = reader.read(host, address.slice(`https://${host}`.length));
  return reading.kind === 'good' && reading.address.kind === 'click' ? reading.address.target : undefined;
}

/** Answers how many links were rewritten. */
export function checkHtml(octets: Buffer, charset: string, place: string): number {
  const html = octets.toString('latin1');
  let link = 0;
  const found = htmlSplices(octets, {
    rules,
    charset,
    click: (target) => writer.click(host, ids, ++link, target),
    open: () => writer.open(host, ids),
  });
  const out = joinSplices(octets, found.splices).toString('latin1');
  const before = oracleLinks(html);
  const after = oracleLinks(out);
  assert.equal(after.length, before.length, `${place}: as many links as before`);
  const base = /<base\s[^>]*href/i.test(html);
  for (const [index, { target }] of before.entries()) {
    const now = after[index]?.target ?? '';
    const behind = targetBehind(now);
    // One character per octet was parsed: our own reading decodes the charset where there is something to decode.
    const written = isAscii(octets) ? target : hrefTarget(target.replaceAll('&', '&amp;'), charset);
    if (behind === undefined) {
      assert.equal(now, target, `${place}: a link that is left stays`);
      assert.notEqual(chooseLink(written, rules), 'track', `${place}: ${target} is a link to rewrite`);
    } else if (/^https?:/i.test(written)) assert.equal(behind, written, place);
    else assert.ok(base, `${place}: only <base> makes a link of ${target}`);
  }
  // Without what was put in, and without the values of rewritten attributes, both texts are the same.
  let at = 0;
  let into = 0;
  for (const { from, to, text } of found.splices) {
    assert.equal(out.slice(into, into + from - at), html.slice(at, from), place);
    into += from - at + text.length;
    at = to;
    const attribute = before.find((one) => one.from < from && from <= one.to);
    if (from < to)
      assert.ok(attribute !== undefined && to <= attribute.to, `${place}: ${html.slice(from, to)} is no href`);
  }
  assert.equal(out.slice(into), html.slice(at), place);
  return found.links;
}
