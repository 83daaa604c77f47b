/** The common root of what goes wrong with files of the state folder. A file of its own: the command line loads it always. */

/** A file of the state folder that cannot be read or written, or is damaged; the message is for a person and names it. */
export class StateFault extends Error {}
