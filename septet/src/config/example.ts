/** A commented configuration that can be used as it is but for the names. `septet config --example` prints it. */
export const exampleConfig = `# septet.yaml: who sends for which domain, and where its DNS records are kept.
# Secrets stand elsewhere: \${NAME} is a variable, { file: /x } a file.

domains:
  yourcompany.com:
    dns:
      host: cloudflare                     # or bind, route53, hetzner, other
      token: \${CLOUDFLARE_TOKEN}
    people: true                           # mailboxes for people: the slow ramp
    mx: [ 10 mail.yourcompany.com ]        # or none: the domain takes no mail
    senders:
      - ses:
          region: eu-west-1
          tokens:                          # the three that SES shows for DKIM
            - hirjd4exampled5477y22yd23ettobi7
            - v3rnz522czcl46quexamplek3efo5o6x
            - y4examplexbhyhnsjcmtvzotfvqjmdqo
          mailFrom: bounce                 # bounce.yourcompany.com
      - postfix:
          ip: [ 192.0.2.10, "2001:db8::10" ]
          selector: s1
      - google-workspace
    spf: { all: keep }                     # or ~all, -all, ramp
    dmarc:
      reports: dmarc@yourcompany.com
      ramp: standard                       # 28 + 7 + 28 days, or dedicated
    tracking: { host: track, target: app.yourcompany.com }
    mtaSts: { mode: ramp }                 # testing first, then enforce
    tlsReports: tls@yourcompany.com
    bimi:
      logo: https://yourcompany.com/logo.svg
      certificate: https://yourcompany.com/vmc.pem
    ttl: 3600

  # A sub-domain that only sends: no mailboxes, the quick ramp.
  news.yourcompany.com:
    dns: { host: cloudflare, token: \${CLOUDFLARE_TOKEN}, zone: yourcompany.com }
    people: false
    senders:
      - sendgrid
    dmarc:
      reports: dmarc@yourcompany.com
      ramp:                                # stages of your own
        - { stage: none, days: 21 }
        - { stage: quarantine, days: 14 }
        - { stage: reject }

resolvers: [ 9.9.9.9, 1.1.1.1 ]            # without: those of the system
state: .septet                             # folder of the journal
`;
