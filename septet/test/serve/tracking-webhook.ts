/** The body of a webhook, read as a receiver would. */
export interface ToldUnsubscribe {
  readonly version: number;
  readonly id: string;
  readonly at: string;
  readonly kind: string;
  readonly domain: string;
  readonly recipient: string;
  readonly campaign: string;
  readonly message: string;
  readonly source: string;
}

export const parseUnsubscribe = (body: Uint8Array | undefined): ToldUnsubscribe =>
  JSON.parse(Buffer.from(body ?? []).toString('utf8')) as ToldUnsubscribe;
