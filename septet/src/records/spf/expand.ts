/** Macro expansion (RFC 7208 §7) and the explanation behind `exp=` (§6.2). */
import type { DnsName } from '../../dns/name.ts';
import { txtText } from '../../dns/rrset.ts';
import { dottedForm, formatAddress } from './address.ts';
import { validatedNames } from './host-terms.ts';
import { isAscii, scanMacros, targetName, transform } from './macro.ts';
import type { DomainSpec, Macro, MacroToken } from './macro.ts';
import { ask, needs } from './run.ts';
import type { Run } from './run.ts';

/** The name that a domain-spec asks for: `undefined` when it cannot exist, `needs` while `%{p}` waits. */
export function expandName(run: Run, spec: DomainSpec, domain: DnsName): DnsName | undefined | typeof needs {
  if (!spec.dynamic) return spec.name ?? undefined;
  const expanded = expand(run, spec.tokens, domain);
  return expanded === needs ? needs : targetName(expanded);
}

function expand(run: Run, tokens: readonly MacroToken[], domain: DnsName): string | typeof needs {
  let out = '';
  for (const token of tokens) {
    if (typeof token === 'string') out += token;
    else {
      const value = valueOf(run, token, domain);
      if (value === needs) return needs;
      out += transform(token, value);
    }
  }
  return out;
}

/** RFC 7208 §7.2. */
function valueOf(run: Run, macro: Macro, domain: DnsName): string | typeof needs {
  switch (macro.letter) {
    case 's':
      return `${run.local}@${run.senderDomain}`;
    case 'l':
      return run.local;
    case 'o':
      return run.senderDomain;
    case 'd':
      return domain;
    case 'i':
      return dottedForm(run.ip);
    case 'v':
      return run.ip.family === 4 ? 'in-addr' : 'ip6';
    case 'h':
      return run.request.helo ?? '';
    case 'c':
      return formatAddress(run.ip);
    case 'r':
      return run.request.receiver ?? 'unknown';
    case 't':
      return String(Math.floor((run.request.now ?? 0) / 1000));
    case 'p': {
      const names = validatedNames(run);
      if (!names) return needs;
      return (
        names.find((name) => name === domain) ??
        names.find((name) => name.endsWith(`.${domain}`)) ??
        names[0] ??
        'unknown'
      );
    }
  }
}

/** §6.2: the text behind `exp=`; `undefined` when there is none that can be used. */
export function explain(run: Run, spec: DomainSpec, domain: DnsName): string | undefined | typeof needs {
  const target = expandName(run, spec, domain);
  if (target === needs || target === undefined) return target;
  const answer = ask(run, target, 'TXT');
  if (!answer) return needs;
  const record = answer.kind === 'found' && answer.set.data.length === 1 ? answer.set.data[0] : undefined;
  if (!record) return undefined;
  const text = txtText(record);
  if (!isAscii(text)) return undefined;
  const scan = scanMacros(text, true);
  return scan.ok ? expand(run, scan.tokens, domain) : undefined;
}
