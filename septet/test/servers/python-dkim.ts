/**
 * Debian's python3-dkim (dkimpy) as a judge and a signer: one process of /usr/bin/python3 for all messages, a line of JSON
 * for each question and each answer.
 *
 *     const python = startPythonDkim(t, keys);
 *     await python.verify(message, 8);   // ['pass', 'fail', …], the topmost signature first
 *
 * Its clock stands still, so that what it signs and what it thinks of `t=` are the same in every run.
 */
import { Buffer } from 'node:buffer';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

/** Debian's own, which finds Debian's modules whatever other Python stands first in the path. */
const binary = '/usr/bin/python3';

export interface PythonKeys {
  /** What its clock says, milliseconds since 1970. */
  readonly now: number;
  /** TXT at the name (without a dot at its end). */
  readonly records: Readonly<Record<string, string>>;
  /** PKCS#1 or PKCS#8 in PEM. */
  readonly rsaPem: string;
  /** The 32 octets of the private key, base64. */
  readonly ed25519Seed: string;
}

/** What it says of one signature: `refused` with the exception where it came to no verdict. */
export type PythonVerdict = 'pass' | 'fail' | `refused: ${string}`;

export interface PythonWant {
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256';
  readonly header: 'simple' | 'relaxed';
  readonly body: 'simple' | 'relaxed';
}

/** A header field with CRLF at its end for each want, or why there is none. */
export type PythonSigned =
  | { readonly kind: 'signed'; readonly fields: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

export interface PythonChain {
  /** `null`: a seal says cv=fail, so that the chain has ended. */
  readonly cv: 'none' | 'pass' | 'fail' | null;
  readonly reason: string;
  /** From the newest down, as far as it looked. */
  readonly sets: readonly { readonly instance: number; readonly message: boolean; readonly seal: boolean }[];
}

export interface PythonDkim {
  /** Verifies the topmost signatures, so many. */
  verify(message: Uint8Array, count: number): Promise<readonly PythonVerdict[]>;
  sign(message: Uint8Array, wants: readonly PythonWant[]): Promise<PythonSigned>;
  /** The next ARC set, for a message whose Authentication-Results of `authservId` say what was found. RSA only. */
  arcSign(message: Uint8Array, domain: string, selector: string, authservId: string): Promise<PythonSigned>;
  arcVerify(message: Uint8Array): Promise<PythonChain>;
}

let looked: Promise<string | false> | undefined;

/** `false` when python3-dkim and python3-nacl are here; else the reason for `skip`. In CI their absence is an error. */
export function missingPythonDkim(): Promise<string | false> {
  looked ??= new Promise((resolve, reject) => {
    const args = ['-I', '-c', 'import dkim, nacl.signing'];
    execFile(binary, args, { timeout: 20_000 }, (error) => {
      if (error === null) return resolve(false);
      const reason = `not installed here: ${existsSync(binary) ? 'python3-dkim and python3-nacl' : 'python3'} (Debian)`;
      if (process.env['CI'] === 'true') return reject(new Error(`${reason}; CI installs what the tests need`));
      process.stderr.write(`skipped, ${reason}\n`);
      resolve(reason);
    });
  });
  return looked;
}

/** Runs until the test ends. A failure of the process itself rejects what is asked; what dkimpy raises is an answer. */
export function startPythonDkim(t: Pick<TestContext, 'after'>, keys: PythonKeys): PythonDkim {
  const child = spawn(binary, ['-I', '-c', script], { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  const exited = new Promise<void>((resolve) => {
    child.once('close', (code) => {
      for (const { reject } of waiting.splice(0)) reject(new Error(`python3 ended with ${code}:\n${complaints}`));
      resolve();
    });
  });
  child.stdin.on('error', () => undefined); // `close` tells
  t.after(async () => {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
    await exited;
    clearTimeout(timer);
  });
  const ask = <T>(question: Readonly<Record<string, unknown>>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ resolve: resolve as (answer: unknown) => void, reject });
      child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  const text = (message: Uint8Array): string => Buffer.from(message).toString('latin1');
  void ask({ op: 'keys', ...keys }).catch(() => undefined); // told by the next question
  return {
    verify: (message, count) => ask({ op: 'verify', message: text(message), count }),
    sign: (message, wants) => ask({ op: 'sign', message: text(message), wants }),
    arcSign: (message, domain, selector, authservId) =>
      ask({ op: 'arcSign', message: text(message), domain, selector, authservId }),
    arcVerify: (message) => ask({ op: 'arcVerify', message: text(message) }),
  };
}

/**
 * Messages and fields are text with one character per octet. `arc_sign` reads Authentication-Results with python3-authres;
 * where that is absent, a stand-in reads the plain form that the tests write. It takes no part in what is signed.
 */
const script = String.raw`
import json, re, sys
import dkim

class Clock:
    now = 0
    @staticmethod
    def time():
        return Clock.now

dkim.time = Clock

class Found:
    pass

class PlainResults:
    @staticmethod
    def parse(text):
        items = [item.strip() for item in text.split(':', 1)[1].split(';')]
        header = Found()
        header.authserv_id, header.results = items[0], []
        for item in items[1:]:
            match = re.match(r'(\w+)=(\w+)', item)
            if match:
                result = Found()
                result.method, result.result = match.groups()
                header.results.append(result)
        return header

class PlainAuthres:
    AuthenticationResultsHeader = PlainResults
    class core:
        SyntaxError = ValueError

if not hasattr(dkim, 'authres'):
    dkim.authres = PlainAuthres

keys = {}

def octets(text):
    return text.encode('latin-1')

def find(name, timeout=5):
    text = keys['records'].get(name.decode('ascii').rstrip('.'))
    return None if text is None else text.encode('ascii')

def complaint(error):
    return type(error).__name__ + ': ' + str(error)

def verify(question):
    message = octets(question['message'])
    verdicts = []
    try:
        judge = dkim.DKIM(message)
    except Exception as error:
        return ['refused: ' + complaint(error)] * question['count']
    for index in range(question['count']):
        try:
            verdicts.append('pass' if judge.verify(index, dnsfunc=find) else 'fail')
        except dkim.ValidationError as error:
            mismatch = str(error).startswith('body hash mismatch')
            verdicts.append('fail' if mismatch else 'refused: ' + complaint(error))
        except Exception as error:
            verdicts.append('refused: ' + complaint(error))
    return verdicts

def sign(question):
    fields = []
    for want in question['wants']:
        rsa = want['algorithm'] == 'rsa-sha256'
        field = dkim.sign(
            octets(question['message']), octets(want['selector']), octets(want['domain']),
            octets(keys['rsaPem'] if rsa else keys['ed25519Seed']),
            canonicalize=(octets(want['header']), octets(want['body'])),
            signature_algorithm=octets(want['algorithm']))
        fields.append(field.decode('latin-1'))
    return {'kind': 'signed', 'fields': fields}

def arc_sign(question):
    fields = dkim.arc_sign(
        octets(question['message']), octets(question['selector']), octets(question['domain']),
        octets(keys['rsaPem']), octets(question['authservId']))
    if not fields:
        return {'kind': 'refused', 'reason': 'no set was made'}
    return {'kind': 'signed', 'fields': [field.decode('latin-1') for field in fields]}

def arc_verify(question):
    cv, sets, reason = dkim.arc_verify(octets(question['message']), dnsfunc=find)
    return {
        'cv': None if cv is None else cv.decode('ascii'),
        'reason': reason,
        'sets': [{'instance': one['instance'], 'message': bool(one['ams-valid']), 'seal': bool(one['as-valid'])} for one in sets],
    }

for line in sys.stdin:
    question = json.loads(line)
    op = question['op']
    if op == 'keys':
        keys = question
        Clock.now = question['now'] // 1000
        answer = {}
    elif op == 'verify':
        answer = verify(question)
    elif op == 'arcVerify':
        try:
            answer = arc_verify(question)
        except Exception as error:
            answer = {'cv': 'fail', 'reason': complaint(error), 'sets': []}
    else:
        try:
            answer = sign(question) if op == 'sign' else arc_sign(question)
        except Exception as error:
            answer = {'kind': 'refused', 'reason': complaint(error)}
    print(json.dumps(answer), flush=True)
`;
