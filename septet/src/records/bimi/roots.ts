/**
 * The roots under which mark certificates are issued, as public facts. There is no common root programme: each receiver
 * decides for itself, and these are the ones seen in use. Read on 2026-11-23; validity and fingerprints from the
 * certificates themselves, not from lists.
 */

export interface MarkRoot {
  readonly name: string;
  readonly issuer: string;
  /** SHA-256 of the certificate, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Where the certificate was read. */
  readonly source: string;
  /** SubjectPublicKeyInfo, DER in base64: chains are served without their root. */
  readonly publicKey: string;
}

export const markRoots: readonly MarkRoot[] = [
  {
    name: 'DigiCert Verified Mark Root CA',
    issuer: 'DigiCert',
    fingerprint: '504386c9ee8932fecc95fade427f69c3e2534b7310489e300fee448e33c46b42',
    notBefore: '2019-09-23T12:12:06.000Z',
    notAfter: '2049-09-23T12:12:06.000Z',
    source: 'shared/data/bimi/certificates/digicert.pem',
    publicKey:
      'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA2sL7yDu3C9OKbWcYC8P2MKg7pbohbDLxrK/r2XH6uXN4Srl9LjK7Jc2v' +
      'dThQekj5m5BtoSxKznGlR9JzJxtERNwDOnaX4cO6lPp93Olz0ux5TvWQuexiXmjl8m9HJnCthvelgv1UbgdWYI6mKKujz+Mo5/ww' +
      'fz3Pu5I8CdhAx+QRRJ8sFauKx9WvkAG1Q6cSXwn0GVdVSlviTbTvyiil/jZT67R66EoCokWdNfaFqbSJsn4KYO4+hTTQE0fLj7L1' +
      'Oc2CcggzsSr+DKpZTCZlFcBlBxetVp24mXibMc2+R+cDKYpF+Jn3SmiJtMptkLB1UWs0k9WyFbwGU4XCj3dhJ8rEIul6WKTHKYkk' +
      'aOfBDV2VuOzPznLu5gQiz0yRDxAvWBtmgnx8RUs/5+sWUfta7zT1MXC2fhTTsGUZx6nKnuUwzUHsKAvPwFkdDnSqrtloAReNJ3F5' +
      'rZuUJ2IZU5gXKD1Fn0eNGwiybJuH1dgeIZAuWQh1f/dY6bL+44bBpKUKWOp/V1gQAVumRkFjOI18cm2zZm97ttccfKxJGiIdtorN' +
      'PIuNcXlfYi2HnD7qep6WZ2W4ikjhBUN1gMM4t07QAZkZJzjMmxSSkpSUFzHx6hDX8CqTbzDEVTvD5SfjoegDfJe+b2WhRdu4KgYW' +
      '5oydmPYqKkyO4Pg4OKgpVEKlzwkCAwEAAQ==',
  },
  {
    name: 'Entrust Verified Mark Root Certification Authority - VMCR1',
    issuer: 'Entrust',
    fingerprint: '7831d95a47d42508cd5c9e6264f9096bac19f04eb9b7c8bdd35fffc71c189617',
    notBefore: '2021-05-07T13:31:48.000Z',
    notAfter: '2040-12-30T13:31:48.000Z',
    source: 'shared/data/bimi/certificates/entrust_vmc_specific.pem',
    publicKey:
      'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAvVL8Ym3DcQjcnoJy+EVFOkBlRadNOCP/SfTjEQERm7htVHwmVgWdp19O' +
      'b4IvJSQsJTsimipjQPqMNwPayRa5edKxN5C2IUgOIYkfhzpBaY1fDWZkOU2Eux7Srax9cLGUCV8Gv0xzYo6s1QWTfot3pVARk5v9' +
      'HVpT8bBt83QD/yYNBJGggeUWBau2pjA5EEXwwWq/hrYy8TznyHopopoHL/xNUy6+5hnfaxrXIYeJsA/wqvRhoUeIr6IsnGclxyPJ' +
      'ePN8sxjND2u39S4CUdMhew0kT5lijg7e6c8wrbmUcZ6cRVFY5mIhWb8qX8l3GrERNlEPAJIqJeUdxceQVO285BFDmpxHSnUyuAhT' +
      'OvNVlKogz073ar+06CwrK/4ahNyEFWufns2rYSxqsU/bNCouVILZnUpM75zZuN/3QFsMv6aXFjJxtF8dzkZn0tefGaKUFIvPmbQw' +
      'arW5qaoLmmSuLtXa0N74xvcVBwP/IOFpOzuMv84O/V1i/c4JD1jNRm2C9ZKrOL2se3bIWi1H5czgEHyfcN7VAqcUtkHuzjr3FFRS' +
      'MUgnTuU5qkFO5laxqsQK0BaWhbS4qvT4ss7ac1fe33aps9yYS710jZnsr3hUtn842FW6ug8uXMnfq1M/jMtejkZdoxhSeiwpraOQ' +
      'y7hB8gj2Dw2QdhGZQGTbq+cJLYkCAwEAAQ==',
  },
  {
    name: 'GlobalSign Verified Mark Root R42',
    issuer: 'GlobalSign',
    fingerprint: 'cd122cb877c6928b9017b0f0b80dbd508196300bbd03cd7356c3beef524e7e0b',
    notBefore: '2023-11-15T03:40:52.000Z',
    notAfter: '2042-11-15T00:00:00.000Z',
    source: 'shared/data/bimi/certificates/globalsign-root.pem',
    publicKey:
      'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA3OpNy+5tFupfQLM/uxlsd93W6ypY4+sfOgu9tlOcmq31aAHBDBwYQWXy' +
      'uYhw6yzteZ7ACqOgLHs9CnUUn7+j/IZ7Mxuc8KCUBXBam1Q4whrtQn/yqtXnT+pBJE3yzwwByeGPcBslr+ZWOUwfONgKjQ76Nzbi' +
      '4eUQdwije8k+w/ZLL0fBwwfjAHatDjEM3uQCfk2apcjEC9KcnYoatmyg3HwwYB9fl2XQAI6lpqpuicEa1rC9EYATp/vjsT6lRqaM' +
      'aOKxDzJkLRfke3WzneyWLL0AcOk5RZVwIs6hAI/9jzIOOSMTVVaIvVjsuUKdh8BV9jzsNEPzW2gg4uMU0ALF4bTZC+DODQkwqHzW' +
      'x6Jl9IturwOB6kMAFROzxZik3+7nb+R0z79R5pASf6rYcMMjw4yYGrBWj3yT50JDRCAouQdovGmbkSNpxKQ1kV6qnW20NmwYpC31' +
      'EQ8nGljo470pJi4U0WmeYt9oM0D9WeAvD5niFgfn1GcTanez3kJ9Rr4JPgFS8PJZ59z1E2IlWmltA2JngMoqmLFV9em2C6RueHmX' +
      'u/INWicoZ2A0Rl43liOikzlXb4l4iuwLe7Q6YNXjVxIV97/V2ahSHLkR9OBZeos46ChTGrLrZiXsMPCjJd6sTMPNkCqdIET8cCtr' +
      'f93ml2Pz/lZejJuNtdgz9uwoAssCAwEAAQ==',
  },
  {
    name: 'SSL.com VMC RSA Root CA 2024',
    issuer: 'SSL.com',
    fingerprint: '8f9d1b7698886782a599b48510651c66a1aa0c5ca3192097bdc68534154bd30d',
    notBefore: '2024-02-19T16:25:51.000Z',
    notAfter: '2048-02-13T16:25:50.000Z',
    source: 'npm @postalsys/vmc 1.1.5, data/root-store',
    publicKey:
      'MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAjISCVR058yLDBLXf5D12GjmzBrcdt09kHJY0/CAPW0N09jIJ2jHYXRsn' +
      'F+sGdQUoJ/jpJlXsMRKSf9hMqPu0xKRWvhz0bM1uvtZZIymtUSyAOvAPD9Ez1hzCwU2XHU8W36ANCGK0D97MhE7S57G0GnjT8c/s' +
      'dDtl44pUHRbvVagG3LpMEI36XktVAYYNK9EaZCd1/3OyYhNCl12nXEBtQwC7EWeRLba9gId0RbNJW4RYtqRWHnepxgXuSsNljzaQ' +
      'i6s4LXATAY2R2x9DQcul/xhWEcw6b8mgI5dwDv2e+N6HKRlv7tzXOA+BSNF3h39RvCgMHLRjgasbDhD5zRuxzP/GWvF/5JgijMBJ' +
      'QQWM1x+86Q8IuVMePtXzKFBGbnxDfr8Z2dqHAuB1HCGThY/mnta2TEmsci92xAmAgf05UvTz0wd84dAe4BzFXnj79gqv8BPqbemC' +
      'v5mzTrutBgwxz+RMIaJqXf0oyeQfJ3LwB25b7XtTVq4imq3tc62ugLjogxsvbNVANjWXK9R+/Bz7kq1+NhWmeyV7uD5+QS6la9tA' +
      'cJZlHiIT2MU1HoRMXZ1qYAzH7K4U/51/JzgIBlSgbDPT5mFQhi5N4QwI9K5kC8fLS6BM8S5Jzksqcnkkr5s56q1tGRBWYULvh+QC' +
      'qGQJ/O2+RyQdtMIjm6Sh4q54JEkCAwEAAQ==',
  },
  {
    name: 'SSL.com VMC ECC Root CA 2024',
    issuer: 'SSL.com',
    fingerprint: '1b82e7f4910b51e3e802a493acdc17ff58eac8b9eb7c09b52ac6cd2efb83598c',
    notBefore: '2024-02-19T16:25:30.000Z',
    notAfter: '2048-02-13T16:25:29.000Z',
    source: 'npm @postalsys/vmc 1.1.5, data/root-store',
    publicKey:
      'MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAECVg0oiiTYfYygRGk7rr+18uez9pFttU3weE0Zt7Odc4mFCjMqIegI4I3tsIK4x2kBdWi' +
      'xSm1ez7xKSx3weW6H3UnVbVBBWL0rIVLCAxVMDKe4Drhf0xutA3CRloJBc+0',
  },
];
