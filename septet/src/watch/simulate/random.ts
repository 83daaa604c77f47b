/** Numbers that look random and are the same for the same seed: a simulation can be told again. */

export interface Random {
  /** 0 to below 1. */
  next(): number;
  /** How many of `count` messages, when each counts with the chance `share`; rounded up or down by chance. */
  part(count: number, share: number): number;
}

/** `labels` tell streams apart, so that one source more does not change the mail of the others. */
export function randomOf(seed: number, ...labels: readonly (string | number)[]): Random {
  let state = hash(`${seed}/${labels.join('/')}`);
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    part(count, share) {
      // Without a draw where nothing is left to chance.
      if (share <= 0 || count <= 0) return 0;
      if (share >= 1) return Math.floor(count + next() * (count % 1 === 0 ? 0 : 1));
      return Math.min(Math.ceil(count), Math.floor(count * share + next()));
    },
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value | 0;
}
