import { positionOf } from '#platform/http';
import { z } from 'zod';

const position = z.tuple([z.uuid()]);

/** The place after which a page starts, from its cursor. */
export function after(query: { readonly cursor?: string | undefined }): string | undefined {
  return query.cursor === undefined ? undefined : positionOf(query.cursor, position)[0];
}
