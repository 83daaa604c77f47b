/** A scenario out of a file: every fault with the place where it stands. What may be left out has a usual value. */
import { parseAddress } from '../../dns/address.ts';
import { parseDomain } from '../../dns/name.ts';
import { dayOf, startOf } from '../../reports/evidence/days.ts';
import type { Forwarder, Passing, Receiver, Scenario, Source, Spoofer } from './scenario.ts';

export type ScenarioReading =
  | { readonly kind: 'good'; readonly scenario: Scenario }
  /** `receivers[2].share: write a number from 0 to 1`. */
  | { readonly kind: 'bad'; readonly faults: readonly string[] };

/** Lists are bounded, so that a slip of the pen does not simulate for hours. */
const maxItems = 1000;
const maxPerDay = 10_000_000;

/** `value`: what a YAML or JSON parser made of the file. */
export function readScenario(value: unknown): ScenarioReading {
  const read = new Reader();
  const top = read.object('scenario', value, [
    'domain',
    'start',
    'people',
    'rejectConfirmed',
    'readers',
    'receivers',
    'sources',
    'forwarders',
    'spoofers',
    'plan',
    'marks',
    'approvals',
    'stages',
  ]);
  const plan = read.object('plan', top['plan'] ?? {}, ['services', 'addresses']);
  const scenario: Scenario = {
    domain: read.domain('domain', top['domain']),
    start: read.day('start', top['start'] ?? '2026-01-05'),
    people: read.flag('people', top['people'] ?? true),
    rejectConfirmed: read.flag('rejectConfirmed', top['rejectConfirmed'] ?? false),
    readers: read.word('readers', top['readers'] ?? 'both', ['both', '9989']),
    receivers: read.list('receivers', top['receivers'], (place, item) => receiver(read, place, item)),
    sources: read.list('sources', top['sources'], (place, item) => source(read, place, item)),
    forwarders: read.list('forwarders', top['forwarders'] ?? [], (place, item) => forwarder(read, place, item)),
    spoofers: read.list('spoofers', top['spoofers'] ?? [], (place, item) => spoofer(read, place, item)),
    plan: {
      services: read.list('plan.services', plan['services'] ?? [], (place, item) => read.text(place, item)),
      addresses: read.list('plan.addresses', plan['addresses'] ?? [], (place, item) => read.address(place, item)),
    },
    marks: read.list('marks', top['marks'] ?? [], (place, item) => {
      const of = read.object(place, item, ['day', 'source', 'mark']);
      return {
        day: read.count(`${place}.day`, of['day']),
        source: read.text(`${place}.source`, of['source']),
        mark: read.word(`${place}.mark`, of['mark'], ['mine', 'forwarder', 'not mine']),
      };
    }),
    approvals: read.list('approvals', top['approvals'] ?? [], (place, item) => {
      const of = read.object(place, item, ['day', 'stage']);
      return { day: read.count(`${place}.day`, of['day']), stage: read.text(`${place}.stage`, of['stage']) };
    }),
    stages: read.list('stages', top['stages'] ?? [], (place, item) => {
      const of = read.object(place, item, ['day', 'stage']);
      return {
        day: read.count(`${place}.day`, of['day']),
        stage: read.word(`${place}.stage`, of['stage'], ['none', 'sampled', 'quarantine', 'reject']),
      };
    }),
  };
  const shares = scenario.receivers.reduce((sum, { share }) => sum + share, 0);
  if (shares > 1 + 1e-9) read.fault('receivers', 'their shares come to more than 1');
  return read.faults.length > 0 ? { kind: 'bad', faults: read.faults } : { kind: 'good', scenario };
}

function receiver(read: Reader, place: string, item: unknown): Receiver {
  const of = read.object(place, item, [
    'name',
    'share',
    'reader',
    'delayDays',
    'reliability',
    'silentFrom',
    'knowsForwarders',
  ]);
  return {
    name: read.text(`${place}.name`, of['name']),
    share: read.share(`${place}.share`, of['share']),
    reader: read.word(`${place}.reader`, of['reader'] ?? '9989', ['9989', '7489']),
    delayDays: read.count(`${place}.delayDays`, of['delayDays'] ?? 1),
    reliability: read.share(`${place}.reliability`, of['reliability'] ?? 1),
    ...read.maybe(`${place}.silentFrom`, of['silentFrom'], 'silentFrom'),
    knowsForwarders: read.share(`${place}.knowsForwarders`, of['knowsForwarders'] ?? 0),
  };
}

function source(read: Reader, place: string, item: unknown): Source {
  const of = read.object(place, item, [
    'name',
    'address',
    'perDay',
    'signs',
    'returnPath',
    'dkim',
    'spf',
    'from',
    'until',
    'broken',
  ]);
  const broken = of['broken'];
  const passing = (at: string, from: Readonly<Record<string, unknown>>): Passing => ({
    dkim: read.share(`${at}.dkim`, from['dkim'] ?? 1),
    spf: read.share(`${at}.spf`, from['spf'] ?? 1),
  });
  const parts =
    broken === undefined ? undefined : read.object(`${place}.broken`, broken, ['from', 'until', 'dkim', 'spf']);
  return {
    name: read.text(`${place}.name`, of['name']),
    address: read.address(`${place}.address`, of['address']),
    perDay: read.perDay(`${place}.perDay`, of['perDay']),
    signs: read.list(`${place}.signs`, of['signs'] ?? [], (at, name) => read.domain(at, name)),
    returnPath: read.domain(`${place}.returnPath`, of['returnPath']),
    ...passing(place, of),
    ...read.maybe(`${place}.from`, of['from'], 'from'),
    ...read.maybe(`${place}.until`, of['until'], 'until'),
    ...(parts
      ? {
          broken: {
            ...passing(`${place}.broken`, parts),
            from: read.count(`${place}.broken.from`, parts['from']),
            ...read.maybe(`${place}.broken.until`, parts['until'], 'until'),
          },
        }
      : {}),
  };
}

function forwarder(read: Reader, place: string, item: unknown): Forwarder {
  const of = read.object(place, item, ['name', 'address', 'share', 'envelope', 'keepsDkim']);
  return {
    name: read.text(`${place}.name`, of['name']),
    address: read.address(`${place}.address`, of['address']),
    share: read.share(`${place}.share`, of['share']),
    ...(of['envelope'] === undefined ? {} : { envelope: read.domain(`${place}.envelope`, of['envelope']) }),
    keepsDkim: read.share(`${place}.keepsDkim`, of['keepsDkim'] ?? 1),
  };
}

function spoofer(read: Reader, place: string, item: unknown): Spoofer {
  const of = read.object(place, item, ['name', 'addresses', 'perDay', 'from', 'until']);
  const addresses = read.list(`${place}.addresses`, of['addresses'], (at, address) => read.address(at, address));
  if (addresses.length === 0) read.fault(`${place}.addresses`, 'write at least one address');
  return {
    name: read.text(`${place}.name`, of['name']),
    addresses,
    perDay: read.perDay(`${place}.perDay`, of['perDay']),
    ...read.maybe(`${place}.from`, of['from'], 'from'),
    ...read.maybe(`${place}.until`, of['until'], 'until'),
  };
}

/** Reads one value each; what is wrong is noted, and something harmless goes on in its place. */
class Reader {
  readonly faults: string[] = [];

  fault(place: string, text: string): void {
    this.faults.push(`${place}: ${text}`);
  }

  object(place: string, value: unknown, keys: readonly string[]): Readonly<Record<string, unknown>> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fault(place, `write a mapping with ${keys.join(', ')}`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!keys.includes(key)) this.fault(`${place}.${key}`, `there is no such key; known are ${keys.join(', ')}`);
    }
    return value as Readonly<Record<string, unknown>>;
  }

  list<T>(place: string, value: unknown, item: (place: string, item: unknown) => T): readonly T[] {
    if (!Array.isArray(value) || value.length > maxItems) {
      this.fault(place, `write a list of at most ${maxItems}`);
      return [];
    }
    return value.map((each: unknown, index) => item(`${place}[${index}]`, each));
  }

  text(place: string, value: unknown): string {
    if (typeof value === 'string' && value !== '') return value;
    this.fault(place, 'write a text');
    return '';
  }

  domain(place: string, value: unknown): string {
    const parsed = typeof value === 'string' ? parseDomain(value) : undefined;
    if (parsed?.ok) return parsed.name;
    this.fault(place, 'write a domain such as example.com');
    return 'invalid';
  }

  address(place: string, value: unknown): string {
    if (typeof value === 'string' && parseAddress(value)) return value;
    this.fault(place, 'write an address such as 192.0.2.10');
    return '192.0.2.1';
  }

  day(place: string, value: unknown): string {
    // `2026-02-30` would silently become a day in March.
    const at = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? startOf(value) : Number.NaN;
    if (Number.isFinite(at) && dayOf(at) === value) return value;
    this.fault(place, 'write a day such as 2026-01-05');
    return '2026-01-05';
  }

  flag(place: string, value: unknown): boolean {
    if (typeof value === 'boolean') return value;
    this.fault(place, 'write true or false');
    return false;
  }

  word<const T extends string>(place: string, value: unknown, words: readonly [T, ...T[]]): T {
    // A bare 9989 in YAML is a number.
    const found = words.find((word) => word === value || (typeof value === 'number' && word === `${value}`));
    if (found !== undefined) return found;
    this.fault(place, `write ${words.join(', ')}`);
    return words[0];
  }

  share(place: string, value: unknown): number {
    return this.number(place, value, 1, 'a number from 0 to 1');
  }

  perDay(place: string, value: unknown): number {
    return this.number(place, value, maxPerDay, `messages a day, at most ${maxPerDay}`);
  }

  count(place: string, value: unknown): number {
    if (Number.isInteger(value)) return this.number(place, value, maxItems * 10, 'a whole number of days');
    this.fault(place, 'write a whole number of days');
    return 0;
  }

  /** A day that may be left out. */
  maybe<const K extends string>(place: string, value: unknown, key: K): { readonly [Key in K]?: number } {
    return value === undefined ? {} : ({ [key]: this.count(place, value) } as { readonly [Key in K]?: number });
  }

  private number(place: string, value: unknown, most: number, words: string): number {
    if (typeof value === 'number' && value >= 0 && value <= most) return value;
    this.fault(place, `write ${words}`);
    return 0;
  }
}
