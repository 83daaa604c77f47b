/**
 * Texts joined as UTF-8 in the order of their places, whichever comes first. Each text is encoded as soon as its turn
 * has come, so that a long run keeps octets outside the JavaScript heap instead of thousands of strings inside it.
 */
export class OrderedOctets {
  #octets = new Uint8Array(1 << 18);
  #used = 0;
  /** The place whose text is appended next. */
  #next = 0;
  readonly #early = new Map<number, string>();

  /** Places count from 0; each has one text. */
  put(place: number, text: string): void {
    if (place !== this.#next) {
      this.#early.set(place, text);
      return;
    }
    for (let next: string | undefined = text; next !== undefined; next = this.#early.get(++this.#next)) {
      this.#early.delete(this.#next);
      this.#append(next);
    }
  }

  /** Everything so far; the octets are the caller's from then on. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#octets.subarray(0, this.#used);
  }

  #append(text: string): void {
    for (let rest = text; ;) {
      const { read, written } = encoder.encodeInto(rest, this.#octets.subarray(this.#used));
      this.#used += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
      const larger = new Uint8Array(this.#octets.length * 2);
      larger.set(this.#octets.subarray(0, this.#used));
      this.#octets = larger;
    }
  }
}

const encoder = new TextEncoder();
