/** Zones for the tests of the command line. */

/** A whole DNS rooted at `.`: everything that is not in it does not exist. */
export const rootZone = `$ORIGIN .
$TTL 3600
@ SOA a.root. hostmaster.root. 1 7200 3600 1209600 3600
@ NS a.root.
a.root. A 203.0.113.1
com. TXT "a top-level domain"
_spf.sender.example. TXT "v=spf1 ip4:8.8.4.0/24 include:_spf2.sender.example -all"
_spf2.sender.example. TXT "v=spf1 ip6:2a00:1450::/32 exists:%{i}.list.sender.example -all"
`;

/** A zone of its own with one record of each kind, and mistakes. */
export const exampleZone = `$ORIGIN example.com.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ NS ns1
ns1 A 9.9.9.10
@ MX 10 mx1
mx1 A 9.9.9.25
@ TXT "v=spf1 mx include:_spf.sender.example a:mail.example.com -all exp=why.example.com"
why TXT "%{i} does not send for us"
mail A 9.9.9.26
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@example.com"
_mta-sts TXT "v=STSv1; id=2026-01"
`;

const escape = String.raw`\027`;

/** Records of a stranger who would like to steer the reader's terminal. */
export const hostileZone = `$ORIGIN hostile.example.
$TTL 3600
@ SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ NS ns1
ns1 A 9.9.9.10
@ MX 10 mx${escape}[31m
@ TXT "v=spf1 inc${escape}]0;owned\\007lude:x ${escape}[2Jip4:1.2.3 a:mail\\155.example -all"
_dmarc TXT "v=DMARC1; p=no${escape}[1mne; rua=mailto:${escape}[5m@x.example; sp=\\226\\128\\174quarantine"
s1._domainkey TXT "v=DKIM1; p=AAAA${escape}[31m; n=${escape}c"
_smtp._tls TXT "v=TLSRPTv1; rua=${escape}[8mhttp://x.example"
_mta-sts TXT "v=STSv1; id=${escape}[7m"
default._bimi TXT "v=BIMI1; l=https://x.example/${escape}[4m.svg; a=\\155\\157"
fails TXT "v=spf1 -all exp=why.hostile.example"
why TXT "go ${escape}[31maway${escape}]8;;http://x.example\\007 now"
`;
