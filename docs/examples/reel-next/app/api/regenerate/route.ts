import type { BodyOf } from '@plinth/sdk';
import { handle } from '../../../server/handle.ts';

export const POST = handle<BodyOf<'POST /v1/regenerate'>>(({ plinth, body, once }) =>
  plinth.reel.regenerate(body, once),
);
