/** The text forms, by the word after `--as`. */
import type { TextForm } from '../form.ts';
import { bindForm } from './bind.ts';
import { cloudflareForm } from './cloudflare.ts';
import { digitaloceanForm } from './digitalocean.ts';
import { dnscontrolForm } from './dnscontrol.ts';
import { domainConnectForm } from './domain-connect.ts';
import { gandiForm } from './gandi.ts';
import { godaddyForm } from './godaddy.ts';
import { hetznerForm } from './hetzner.ts';
import { htmlForm } from './html.ts';
import { markdownForm } from './markdown.ts';
import { namecheapForm } from './namecheap.ts';
import { nsupdateForm } from './nsupdate.ts';
import { octodnsForm } from './octodns.ts';
import { ovhForm } from './ovh.ts';
import { powerdnsForm } from './powerdns.ts';
import { route53Form } from './route53.ts';
import { terraformCloudflareForm } from './terraform-cloudflare.ts';
import { terraformRoute53Form } from './terraform-route53.ts';

export const textForms: readonly TextForm[] = [
  cloudflareForm,
  route53Form,
  bindForm,
  nsupdateForm,
  powerdnsForm,
  digitaloceanForm,
  hetznerForm,
  gandiForm,
  godaddyForm,
  namecheapForm,
  ovhForm,
  terraformCloudflareForm,
  terraformRoute53Form,
  dnscontrolForm,
  octodnsForm,
  domainConnectForm,
  markdownForm,
  htmlForm,
];

/** The form with the id; undefined when there is none. */
export const formOf = (id: string): TextForm | undefined => textForms.find((form) => form.id === id);
