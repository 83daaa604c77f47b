/** Query ids that cannot be guessed (RFC 5452 §4.3), drawn from the system's generator 4,096 at a time. */
import { randomFillSync } from 'node:crypto';

export class Ids {
  private readonly pool = new Uint16Array(4096);
  private left = 0;

  /** A random id, 0–65535. */
  next(): number {
    if (this.left === 0) {
      randomFillSync(this.pool);
      this.left = this.pool.length;
    }
    return this.pool[--this.left] as number;
  }
}
