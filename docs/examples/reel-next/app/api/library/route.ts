import type { BodyOf } from '@plinth/sdk';
import { handle } from '../../../server/handle.ts';

export const GET = handle(({ plinth, query }) => plinth.reel.library.list(Object.fromEntries(query)));

export const POST = handle<BodyOf<'POST /v1/library/assets'>>(({ plinth, body, once }) =>
  plinth.reel.library.save(body, once),
);
