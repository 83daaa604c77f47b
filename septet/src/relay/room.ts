/** Memory for messages on their way, shared by all connections. */

export interface Room {
  /** Asks for so many octets more; false where they are not there. */
  take(octets: number): boolean;
  give(octets: number): void;
  used(): number;
}

export function room(maxOctets: number): Room {
  let used = 0;
  return {
    take(octets) {
      if (used + octets > maxOctets) return false;
      used += octets;
      return true;
    },
    give: (octets) => void (used -= octets),
    used: () => used,
  };
}
