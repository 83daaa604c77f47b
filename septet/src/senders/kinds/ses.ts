/**
 * Amazon SES. Easy DKIM: three aliases into the zone of the region. A custom MAIL FROM name has one MX and an SPF record
 * of its own; the domain's own SPF record is never asked, because MAIL FROM is either that name or one of Amazon's.
 */
import { belowOf, hostOf, inform, textOf, textsOf, type Account } from '../account.ts';
import { dkimField, mailFromField, trackingField, valueField } from '../fields.ts';
import { cnameKeys, keysOr, ownKey } from '../keys.ts';
import type { DkimNeed } from '../needs.ts';
import { amazonSes } from '../profiles/amazon-ses.ts';
import type { SeenForInit } from '../seen.ts';
import type { Sender, Values } from '../sender.ts';
import { sesDkimZone, sesFeedback, sesRegionOf, sesRegions, sesRegionsWithOwnZone } from '../ses.ts';
import { alias, aliasesSeen, includeAt, labelOf } from './parts.ts';

export const ses: Sender = {
  key: 'ses',
  title: amazonSes.title,
  about: 'Amazon Simple Email Service, with Easy DKIM or a key of your own',
  profile: amazonSes.id,
  facts: amazonSes,
  fields: [
    {
      key: 'region',
      form: 'choice',
      about: 'AWS region of the identity',
      required: true,
      choices: sesRegions,
      example: 'eu-west-1',
    },
    {
      key: 'tokens',
      form: 'labels',
      about: 'the three DKIM tokens of the identity (console: Verified identities, DKIM)',
      pattern: /^[a-z0-9]{32}$/,
      patternInWords: '32 letters and digits, in small letters',
      example: '[2kmlq5h4wbvqmbx7zjtqzr6mtr4gqjzs, 6zpcx3zlmhkvqbwnqcg5nfqnf3uhzpse, vf7dhuj2vqcj6sfg7y3xhbbkkwnm5xet]',
    },
    {
      key: 'signingZone',
      form: 'host',
      about: 'SigningHostedZone as GetEmailIdentity tells it, where the keys are those of another region',
      example: 'dkim.eu-south-1.amazonses.com',
    },
    {
      key: 'byodkim',
      form: 'label',
      about: 'selector of your own key, where SES signs with one that you gave it (BYODKIM)',
      example: 'ses2026',
    },
    valueField('the key that SES was given, where Septet does not keep it'),
    mailFromField('bounce'),
    trackingField('click'),
    dkimField,
  ],
  needs: (account) => {
    const region = textOf(account, 'region');
    if (region === undefined || !sesRegions.includes(region)) {
      account.faults.push(`Amazon SES: the region is missing or unknown. Write one such as "region: eu-west-1".`);
      return {};
    }
    const mailFrom = belowOf(account, 'mailFrom');
    if (mailFrom === undefined && textOf(account, 'mailFrom') === undefined) {
      inform(
        account,
        'Without mailFrom, Amazon SES uses a MAIL FROM name of its own: SPF passes for amazonses.com, and DMARC rests on DKIM alone.',
      );
    }
    return {
      dkim: keysOr(account, () => sesKeys(account, region)),
      ...(mailFrom === undefined ? {} : { spf: [includeAt(mailFrom, amazonSes, true)] }),
      records: [
        ...(mailFrom === undefined
          ? []
          : [
              {
                type: 'MX',
                name: mailFrom,
                exchanges: [{ preference: 10, exchange: sesFeedback(region) }],
                why: 'Amazon SES takes the bounces; it asks for exactly this one MX, else it falls back to amazonses.com',
                purpose: 'return-path',
              } as const,
            ]),
        ...alias(
          account,
          belowOf(account, 'tracking'),
          `r.${region}.awstrack.me`,
          'tracking',
          'links of Amazon SES carry your name',
        ),
      ],
    };
  },
  recognise: recogniseSes,
};

function sesKeys(account: Account, region: string): readonly DkimNeed[] {
  const own = textOf(account, 'byodkim');
  if (own !== undefined) return ownKey(account, own);
  const tokens = textsOf(account, 'tokens');
  if (tokens.length === 0) {
    const where = `Amazon SES console, region ${region}: Verified identities, ${account.domain}, DKIM shows three CNAME records. Put their three tokens into tokens.`;
    return [{ kind: 'missing', where }];
  }
  if (tokens.length !== 3 || new Set(tokens.map((token) => token.toLowerCase())).size !== 3) {
    account.faults.push(
      `Amazon SES: an identity has three different DKIM tokens; tokens holds ${tokens.length}. Copy all three.`,
    );
    return [];
  }
  const given = textOf(account, 'signingZone');
  const zone = hostOf(account, 'signingZone') ?? (given === undefined ? sesDkimZone(region) : undefined);
  return zone === undefined ? [] : cnameKeys(account, tokens, `{selector}.${zone}`);
}

const easyDkim = /^([a-z0-9]{32})\.(dkim(?:\.([a-z]{2}(?:-[a-z]+)+-\d{1,2}))?\.amazonses\.com)$/;

/**
 * One sender for each region that shows itself: in the zone of the keys, or in the exchange of a MAIL FROM name. Keys in
 * the shared zone belong to the first shared region that a MAIL FROM name tells; without one the region is unknown.
 */
function recogniseSes(seen: SeenForInit): readonly Values[] {
  const keys = aliasesSeen(seen, easyDkim);
  const feedback = seen.mailFrom.flatMap(({ name, alias, mx }) => {
    const label = labelOf(seen, name);
    const region = mx.length === 1 && mx[0]?.preference === 10 ? sesRegionOf(mx[0].exchange) : undefined;
    if (alias !== undefined || label === undefined || region === undefined || isResend(seen, label)) return [];
    return sesRegions.includes(region) ? [{ label, region }] : [];
  });
  const shared = feedback.find(({ region }) => !sesRegionsWithOwnZone.includes(region))?.region;
  const regionOf = (zone: string | undefined): string | undefined => zone ?? shared;
  const regions = new Set([
    ...keys.flatMap(({ match }) => regionOf(match[3]) ?? []),
    ...feedback.map(({ region }) => region),
  ]);
  return [...regions]
    .filter((region) => sesRegions.includes(region))
    .map((region): Values => {
      const own = keys.filter(({ match }) => regionOf(match[3]) === region);
      const easy = own.length === 3 && own.every(({ selector, match }) => selector === match[1]);
      const mailFrom = feedback.find((one) => one.region === region)?.label;
      return {
        region,
        ...(easy ? { tokens: own.map(({ selector }) => selector) } : {}),
        ...(!easy && own.length > 0 ? { dkim: own.map(({ selector, target }) => ({ selector, target })) } : {}),
        ...(mailFrom === undefined ? {} : { mailFrom }),
      };
    });
}

/** Resend sends through Amazon SES and uses `send` as MAIL FROM. */
export function isResend(seen: SeenForInit, label: string): boolean {
  return label.split('.')[0] === 'send' && seen.dkim.some(({ selector }) => selector === 'resend');
}
