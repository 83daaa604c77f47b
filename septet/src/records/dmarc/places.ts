/** Where DMARC records are put by mistake. */
import { type DnsName, under } from '../../dns/name.ts';

export type MisplacedCode = 'dmarc.location.apex' | 'dmarc.location.no_underscore' | 'dmarc.location.sub';

export interface Place {
  readonly name: DnsName;
  readonly code: MisplacedCode;
}

/** The names that are asked when `_dmarc.<domain>` holds no record. */
export function places(domain: DnsName): readonly Place[] {
  const out: Place[] = [{ name: domain, code: 'dmarc.location.apex' }];
  const add = (prefix: string, code: MisplacedCode): void => {
    const name = under(prefix, domain);
    if (name !== undefined) out.push({ name, code });
  };
  add('dmarc', 'dmarc.location.no_underscore');
  add('_dmarc.www', 'dmarc.location.sub');
  add('_dmarc._dmarc', 'dmarc.location.sub');
  return out;
}
