import type { BodyOf } from '@plinth/sdk';
import { handle } from '../../../../server/handle.ts';

export const GET = handle(({ plinth, id }) => plinth.reel.drafts.get(id));

export const PATCH = handle<BodyOf<'PATCH /v1/drafts/{id}'>>(({ plinth, id, body }) =>
  plinth.reel.drafts.update({ id }, body),
);
