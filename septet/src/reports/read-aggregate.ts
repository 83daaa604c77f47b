/**
 * Reads a DMARC aggregate report (RFC 9990; RFC 7489 appendix C and the drafts before it) as it streams by: rows are given
 * out as they end, the head at the end. Memory does not depend on the length of the report.
 *
 * The XML must be well formed up to `</feedback>`; what stands behind is passed over. A document type declaration is
 * refused, whatever it says: reports have none, and nothing in it is ever fetched or expanded. Within the report names may
 * be in any namespace, case and order. A record without an address or a count is passed over, because one bad record
 * makes the others no less true; a report without domain or period is refused, because nothing follows from it.
 */
import { SaxesParser } from 'saxes';
import type { AggregateRow, ReportRefusal } from './aggregate.ts';
import { firstRecordSlot, outside, slotCount } from './aggregate-elements.ts';
import type { Element } from './aggregate-elements.ts';
import { extensionKeeper } from './aggregate-extension.ts';
import { headOf } from './aggregate-head.ts';
import type { HeadResult } from './aggregate-head.ts';
import { rowCollector } from './aggregate-row.ts';
import type { Texts } from './aggregate-row.ts';
import { usualLimits } from './intake.ts';
import { ownCopy } from './intern.ts';
import { repairList, shown } from './repairs.ts';

export interface AggregateOptions {
  readonly maxRows?: number;
  /** Seconds since 1970; a report that ends more than three days later is refused. */
  readonly now?: number;
}

export interface AggregateReader {
  /** The next characters, in pieces of any length; answers the rows that ended in them. */
  write(text: string): readonly AggregateRow[];
  /** Notes what was mended around the XML: a container, a charset. */
  mended(code: string, text: string): void;
  /** Why nothing more is to be written, if so; `end` says the same. */
  refusal(): ReportRefusal | undefined;
  /** Whether `</feedback>` was met. */
  complete(): boolean;
  end(): HeadResult;
}

/** Characters that the scanner is given at once; so much is read behind an error at most. */
const sliceCharacters = 65_536; // house
/** Characters without the beginning or end of an element: one text, comment or attribute. */
const maxQuietCharacters = 1_000_000; // house
/** Of the text of one element. */
const maxTextCharacters = 4096; // house
/** Elements in elements; a report has six. */
const maxNesting = 64; // house
const maxErrors = 20; // house
/** Elements of a report besides its records, and of a record on average. */
const maxElements = 1_000_000; // house
const maxRecordElements = 500; // house

/** `end` may be called once. Never throws; time is linear. */
export function aggregateReader(options: AggregateOptions = {}): AggregateReader {
  const maxRows = options.maxRows ?? usualLimits.maxRows;
  const repairs = repairList();
  const collector = rowCollector(repairs);
  const extensions = extensionKeeper();
  const errors: string[] = [];
  const texts: Texts = Array.from<string | undefined>({ length: slotCount }).fill(undefined);
  const parser = new SaxesParser({ xmlns: false, position: false });

  let rows: AggregateRow[] = [];
  let here: Element = outside;
  let text = '';
  let inRecord = false;
  /** Elements that nobody knows, around the place: inside the report, and around `<feedback>`. */
  let strange = 0;
  let wrappers = 0;
  let firstElement = '';
  let namespace = '';
  let quiet = 0;
  let elements = 0;
  let counted = 0;
  let dropped = 0;
  let messages = 0;
  let refusal: ReportRefusal | undefined;
  /** Where an `&` stands that seems to begin no entity: the scanner reads on to the next `;`, wherever that is. */
  let ampersand = 0;
  let started = false;
  let complete = false;
  /** Behind the report something is wrong; no more is read. */
  let deaf = false;

  const refuse = (code: ReportRefusal['code'], why: string): void => {
    refusal ??= { code, text: why };
  };
  const place = (): string => `line ${parser.line}`;
  const row = (): number => (inRecord ? counted + dropped + 1 : 0);

  const known = (name: string): Element | undefined => {
    // A few comparisons cost less than the hash of a name that was cut out just now.
    const { children } = here;
    for (let i = 0; i < children.length; i++) if (children[i]?.name === name) return children[i];
    const local = name.slice(name.indexOf(':') + 1);
    const folded = local.toLowerCase().replaceAll('-', '_');
    const found = children.find((child) => child.name === folded || child.former === folded);
    if (found !== undefined && found.name !== local)
      repairs.note('name.case', `<${found.name}> is written <${shown(name)}>`, row());
    return found;
  };

  parser.on('opentag', (tag) => {
    quiet = 0;
    if (refusal !== undefined || deaf) return;
    if (++elements > maxElements && elements > maxElements + maxRecordElements * (counted + dropped))
      refuse(
        'limit',
        `${place()}: there are ${elements.toLocaleString('en')} elements for ${counted.toLocaleString('en')} records, which no report has.`,
      );
    const { name } = tag;
    const child = strange > 0 ? undefined : known(name);
    if (child !== undefined && !(complete && here === outside)) {
      here = child;
      text = '';
      if (child.ends === 'record') inRecord = true;
      else if (child.ends === 'feedback') {
        const colon = name.indexOf(':');
        namespace = tag.attributes[colon < 0 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`]?.trim() ?? '';
      }
      return;
    }
    if (here === outside) {
      if (complete)
        repairs.note('end.text', `more elements stand behind </feedback> (${place()}); they are not read`, 0);
      else if (wrappers === 0) firstElement = name;
      wrappers++;
    } else {
      if (strange === 0 && name !== 'extension')
        repairs.note(
          'element.unknown',
          `<${shown(name)}> is not known in <${here.name}>; it is kept as an extension`,
          row(),
        );
      strange++;
      extensions.open(name, tag.attributes);
    }
    if (strange + wrappers > maxNesting)
      refuse('limit', `${place()}: elements stand more than ${maxNesting} deep in each other, which no report needs.`);
  });

  parser.on('closetag', (tag) => {
    quiet = 0;
    if (refusal !== undefined || deaf) return;
    if (strange > 0) {
      extensions.close(tag.name);
      if (--strange === 0) extensions.end();
      return;
    }
    if (here === outside) {
      wrappers--;
      return;
    }
    const { slot } = here;
    if (slot >= 0) {
      if (here.ends === 'error') addError();
      else if (texts[slot] === undefined) texts[slot] = slot < firstRecordSlot ? ownCopy(text) : text;
      else repairs.note('element.twice', `<${here.name}> is there twice; the first counts`, row());
      text = '';
    } else if (here.ends !== '') ended(here.ends);
    here = here.parent ?? outside;
  });

  const addError = (): void => {
    const said = text.trim();
    if (said !== '' && errors.length < maxErrors) errors.push(ownCopy(said));
  };

  const ended = (what: Element['ends']): void => {
    if (what === 'dkim' || what === 'spf' || what === 'reason') collector[what](texts, row());
    else if (what === 'feedback') complete = true;
    else if (what === 'record') {
      const made = collector.record(texts, counted + dropped + 1);
      texts.fill(undefined, firstRecordSlot);
      inRecord = false;
      if (made === undefined) dropped++;
      else {
        counted++;
        messages += made.count;
        rows.push(made);
      }
      if (counted + dropped > maxRows)
        refuse(
          'limit',
          `${place()}: the report has more than ${maxRows.toLocaleString('en')} records; raise the limit if it is genuine.`,
        );
    }
  };

  const take = (piece: string): void => {
    if (here.slot >= 0 && strange === 0) {
      const room = maxTextCharacters - text.length;
      if (piece.length > room)
        repairs.note(
          'text.long',
          `the text of <${here.name}> is longer than ${maxTextCharacters} characters; it is cut`,
          row(),
        );
      text = text === '' && piece.length <= room ? piece : text + piece.slice(0, Math.max(0, room));
    } else if (strange > 0) extensions.text(piece);
    else if (here !== outside && isSomething(piece))
      repairs.note('text.stray', `text stands between elements in <${here.name}>: ${shown(piece.trim(), 30)}`, row());
  };
  parser.on('text', take);
  parser.on('cdata', take);

  parser.on('doctype', () => {
    refuse(
      'entities',
      `${place()}: the XML has a document type declaration (DTD). Reports have none, and it can hide entities that fetch files or grow without end; it is not read.`,
    );
  });

  parser.on('error', (error) => {
    if (refusal !== undefined || deaf) return;
    const why = reasonOf(error.message);
    if (complete) {
      deaf = true;
      repairs.note('end.text', `what stands behind </feedback> is no XML (${place()}: ${why}); it is not read`, 0);
    } else if (why !== 'disallowed character')
      refuse('not-xml', `${place()}: the XML is not well formed (${why}). Ask the reporter to send the report again.`);
    else repairs.note('character', `a character stands there that XML does not have (${place()})`, row());
  });

  const feed = (piece: string): void => {
    if (!started) {
      const begin = piece.search(/[^\s\uFEFF]/);
      if (begin < 0) return;
      started = true;
      if (piece.slice(0, begin).replace('\uFEFF', '') !== '')
        repairs.note('begin.blank', 'blanks stand in front of the XML', 0);
      piece = piece.slice(begin);
    }
    if (ampersand === 0 && piece.includes('&') && /&(?!#?\w{0,31}(?:;|$))/.test(piece)) ampersand = parser.line;
    quiet += piece.length;
    parser.write(piece);
    if (quiet > maxQuietCharacters && !refuseAmpersand())
      refuse(
        'limit',
        `${place()}: more than ${maxQuietCharacters.toLocaleString('en')} characters without the end of an element, which no report has.`,
      );
  };

  return {
    write(piece) {
      if (piece.includes('\uFFFD'))
        repairs.note('octets.invalid', 'octets that are no text in its charset stand as U+FFFD', counted + dropped + 1);
      for (let at = 0; at < piece.length; at += sliceCharacters) {
        if (refusal !== undefined || deaf) break;
        feed(at === 0 && piece.length <= sliceCharacters ? piece : piece.slice(at, at + sliceCharacters));
      }
      const done = rows;
      if (done.length > 0) rows = [];
      return done;
    },
    mended: (code, why) => repairs.note(code, why, 0),
    refusal: () => refusal,
    complete: () => complete,
    end() {
      if (refusal === undefined && started && complete && !deaf) parser.close();
      if (refusal === undefined && !complete) refuseUnfinished();
      if (refusal !== undefined) return { kind: 'refused', refusal };
      if (extensions.cut()) repairs.note('extension.cut', 'unknown elements that are long or many are left out', 0);
      const input = { texts, namespace, errors, extensions: extensions.list(), rows: counted, dropped, messages };
      return headOf({ ...input, repairs, now: options.now });
    },
  };

  function refuseAmpersand(): boolean {
    if (ampersand === 0) return false;
    refuse(
      'not-xml',
      `line ${ampersand} or later: the XML is not well formed (an & begins no entity; it must be &amp;). Ask the reporter to send the report again.`,
    );
    return true;
  }

  function refuseUnfinished(): void {
    if (!started) refuse('empty', 'There is nothing in it.');
    else if (refuseAmpersand()) return;
    else if (here !== outside || strange > 0)
      refuse(
        'incomplete',
        `The report ends in line ${parser.line} inside <${here.name}>, after ${counted.toLocaleString('en')} records with ${messages.toLocaleString('en')} messages. It was cut off; ask the reporter to send it again.`,
      );
    else if (firstElement !== '')
      refuse(
        'not-report',
        `This is XML, but no DMARC report: it begins with <${shown(firstElement)}> and has no <feedback>.`,
      );
    else refuse('not-xml', 'This is no XML: there is no element in it.');
  }
}

function isSomething(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 32) return true;
  return false;
}

/** Messages of the scanner without its place and full stop. */
const reasonOf = (message: string): string => shown(message.replace(/^\d+:\d+: /, '').replace(/\.$/, ''), 120);
