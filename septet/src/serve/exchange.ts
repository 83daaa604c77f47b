/** One request with what every route needs to know of it. */
import type { Request, Response } from './public-listener.ts';
import type { RequestFields } from './request-fields.ts';
import type { Site } from './sites.ts';

export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly fields: RequestFields;
  readonly site: Site;
  /** Without the query. */
  readonly path: string;
  readonly method: string;
  readonly client: string;
  readonly secure: boolean;
  readonly now: number;
}
