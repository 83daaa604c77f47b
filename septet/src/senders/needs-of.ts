/** From the senders that the configuration names to what the DNS of the domain has to hold for them. Pure. */
import type { DnsName } from '../dns/name.ts';
import { plainLine, shown, type Account } from './account.ts';
import { clashesOf } from './clashes.ts';
import { senderOf, senders } from './kinds.ts';
import type { SenderNeeds, SenderNote, SenderSetting } from './needs.ts';
import type { Sender, Values } from './sender.ts';

/** Something that keeps a setting from being planned: a sentence with the way out, and where the setting stands. */
export interface SettingFault {
  readonly place?: string;
  readonly text: string;
}

/** The needs of each sender in the order of the list, and what is wrong with the list. Needs may be partial where a fault is. */
export function needsOf(
  domain: DnsName,
  settings: readonly SenderSetting[],
): { readonly needs: readonly SenderNeeds[]; readonly faults: readonly SettingFault[] } {
  const named = nameAll(settings);
  const faults: SettingFault[] = [];
  const needs: SenderNeeds[] = [];
  const places: (string | undefined)[] = [];
  for (const { setting, sender, id } of named) {
    const said: string[] = [];
    if (sender === undefined) said.push(unknownKind(setting.kind));
    else {
      const notes: SenderNote[] = [];
      const account: Account = {
        domain,
        title: titleOf(sender, setting.values),
        values: setting.values,
        faults: said,
        notes,
      };
      if (sender.app) relay(account, named);
      needs.push(gather(account, sender, id));
      places.push(setting.place);
    }
    for (const text of said) faults.push({ ...placeOf(setting.place), text });
  }
  for (const { text, second } of clashesOf(domain, needs, places)) faults.push({ ...placeOf(places[second]), text });
  return { needs, faults };
}

interface Named {
  readonly setting: SenderSetting;
  readonly sender: Sender | undefined;
  readonly id: string;
}

/** `ses`, `ses-2`: the kind, and a number from the second on. */
function nameAll(settings: readonly SenderSetting[]): readonly Named[] {
  const counts = new Map<string, number>();
  return settings.map((setting) => {
    const count = (counts.get(setting.kind) ?? 0) + 1;
    counts.set(setting.kind, count);
    return { setting, sender: senderOf(setting.kind), id: count === 1 ? setting.kind : `${setting.kind}-${count}` };
  });
}

function titleOf(sender: Sender, values: Values): string {
  const name = sender.key === 'custom' ? values['name'] : undefined;
  return typeof name === 'string' && name.trim() !== '' ? plainLine(name.trim()) : sender.title;
}

function gather(account: Account, sender: Sender, id: string): SenderNeeds {
  const parts = sender.needs(account);
  const { facts } = sender;
  const compareWithDashboard = facts !== undefined && facts.confidence !== 'vendor';
  if (compareWithDashboard && !sender.app) {
    account.notes.push({
      severity: 'info',
      text: `What ${sender.title} usually asks for is known from others too: please compare with your dashboard (${facts.docs}).`,
    });
  }
  return {
    id,
    title: account.title,
    spf: parts.spf ?? [],
    dkim: parts.dkim ?? [],
    records: parts.records ?? [],
    mx: parts.mx ?? [],
    hosts: parts.hosts ?? [],
    notes: account.notes,
    compareWithDashboard,
  };
}

/** An app needs a sender of the list that carries its mail. */
function relay(account: Account, named: readonly Named[]): void {
  const relays = named.filter(({ sender }) => sender !== undefined && !sender.app);
  const over = account.values['over'];
  const ids = relays.map(({ id }) => id).join(', ');
  if (typeof over !== 'string' || over === '') {
    const [only, ...more] = relays;
    if (only?.sender !== undefined && more.length === 0) return carriedBy(account, only);
    account.faults.push(
      only === undefined
        ? `${account.title} hands its mail to another sender, and the list has none. Add the relay, for example ses or postfix.`
        : `${account.title} hands its mail to another sender: say which with over (${ids}).`,
    );
    return;
  }
  const found = relays.find(({ id }) => id === over);
  if (found !== undefined) return carriedBy(account, found);
  const isApp = named.some(({ id, sender }) => id === over && sender?.app);
  account.faults.push(
    `${account.title} is to send over ${shown(over)}, which is ${isApp ? 'an application itself' : 'not in the list of senders'}. ${ids === '' ? 'Add the relay to the list.' : `Write one of: ${ids}.`}`,
  );
}

function carriedBy(account: Account, { setting, sender }: Named): void {
  if (sender === undefined) return;
  account.notes.push({
    severity: 'info',
    text: `${account.title} sends over ${titleOf(sender, setting.values)}, whose records let its mail pass.`,
  });
}

function unknownKind(kind: string): string {
  return `${shown(kind)} is no kind of sender that Septet knows. Write one of ${senders.map(({ key }) => key).join(', ')}; custom takes any other.`;
}

const placeOf = (place: string | undefined): { readonly place?: string } => (place === undefined ? {} : { place });
