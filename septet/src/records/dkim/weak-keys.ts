/**
 * RSA keys whose secret can be found from the public part alone. Each test is bounded, so that a bulk audit can run
 * them on every key.
 */

export type Weakness = 'roca' | 'close-primes' | 'small-factor' | 'sample-key';

/** Moduli above this are not tested: big-number work grows with the square of the length. */
const maxTestedBits = 8192; // house

/**
 * The fingerprint of CVE-2017-15361 (ROCA): the primes of the affected Infineon library are `k·M + 65537^a mod M`, so
 * the modulus is a power of 65537 modulo every small prime. These are the primes below 168 modulo which 65537 does not
 * generate everything, and which therefore tell something.
 */
const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157] as const;
const rocaPowers: readonly (readonly [number, ReadonlySet<number>])[] = rocaPrimes.map((prime) => {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * (65537 % prime)) % prime) powers.add(power);
  return [prime, powers];
});
const rocaProduct = rocaPrimes.reduce((product, prime) => product * BigInt(prime), 1n);

/** 3·5·7·…·47 and 53·…·101: a common divisor with either means that the modulus is no product of two large primes. */
const smallPrimes = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101];
const smallProduct = smallPrimes.reduce((product, prime) => product * BigInt(prime), 1n);

/** Steps of Fermat's method. Randomly chosen primes are never found; a generator that took the next prime is, at once. */
const fermatSteps = 64; // house

/** Finds a weakness of the modulus (hexadecimal). The bound on time is about 0.1 ms for 2048 bits. */
export function weaknessOf(modulusHex: string): Weakness | undefined {
  if (samplePrefixes.has(modulusHex.slice(0, 32))) return 'sample-key';
  if (modulusHex.length * 4 > maxTestedBits) return undefined;
  const n = BigInt(`0x${modulusHex}`);
  if (hasSmallFactor(n)) return 'small-factor';
  if (isRoca(n)) return 'roca';
  return hasClosePrimes(n) ? 'close-primes' : undefined;
}

/** Whether two different moduli have a prime in common, which opens both. */
export function shareFactor(oneHex: string, otherHex: string): boolean {
  if (oneHex === otherHex || Math.max(oneHex.length, otherHex.length) * 4 > maxTestedBits) return false;
  let a = BigInt(`0x${oneHex}`);
  let b = BigInt(`0x${otherHex}`);
  while (b !== 0n) [a, b] = [b, a % b];
  return a !== 1n;
}

function hasSmallFactor(n: bigint): boolean {
  if ((n & 1n) === 0n) return true;
  const rest = n % smallProduct;
  return smallPrimes.some((prime) => rest % BigInt(prime) === 0n);
}

function isRoca(n: bigint): boolean {
  const rest = n % rocaProduct;
  return rocaPowers.every(([prime, powers]) => powers.has(Number(rest % BigInt(prime))));
}

/** Fermat: n = a² − b² with a small b when the primes are near each other (CVE-2022-26320). */
function hasClosePrimes(n: bigint): boolean {
  let a = squareRoot(n);
  if (a * a < n) a += 1n;
  let square = a * a - n;
  for (let step = 0; step < fermatSteps; step++) {
    if (isSquare(square)) return true;
    square += 2n * a + 1n;
    a += 1n;
  }
  return false;
}

function isSquare(value: bigint): boolean {
  // Squares end in one of 12 values modulo 64, and few are left modulo 63, 65 and 11: most candidates fall here.
  if (!squaresModulo64.has(Number(value & 63n))) return false;
  const rest = Number(value % 45045n);
  if (!residues63.has(rest % 63) || !residues65.has(rest % 65) || !residues11.has(rest % 11)) return false;
  const root = squareRoot(value);
  return root * root === value;
}

const residues = (modulus: number): ReadonlySet<number> =>
  new Set(Array.from({ length: modulus }, (_, i) => (i * i) % modulus));
const squaresModulo64 = residues(64);
const residues63 = residues(63);
const residues65 = residues(65);
const residues11 = residues(11);

/** The integer square root, by Newton's method from a start that is right in its first 50 bits. */
function squareRoot(value: bigint): bigint {
  if (value < 0x10000000000000n) return BigInt(Math.floor(Math.sqrt(Number(value))));
  const bits = value.toString(16).length * 4;
  const shift = BigInt((bits - 100) & ~1);
  let root: bigint;
  if (shift > 0n) {
    root = (BigInt(Math.floor(Math.sqrt(Number(value >> shift)))) + 1n) << (shift / 2n);
  } else {
    root = BigInt(Math.ceil(Math.sqrt(Number(value)))) + 1n;
  }
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/**
 * The first 128 bits of moduli whose private half is printed in a standard: RFC 6376 appendix C (`brisbane`) and
 * RFC 8463 appendix A (`test`).
 */
const samplePrefixes: ReadonlySet<string> = new Set([
  'f02113ff502dd206c1261aa67d6495b7',
  'e41e5390a014f3591886b3957a3693f7',
]);

/** The Ed25519 key whose private half is printed in RFC 8463 appendix A (and RFC 8032 §7.1). */
export const sampleEd25519 = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
