import type { BodyOf } from '@plinth/sdk';
import { handle } from '../../../server/handle.ts';

export const POST = handle<BodyOf<'POST /v1/create'>>(({ plinth, body, once }) =>
  plinth.reel.create(body, once),
);
