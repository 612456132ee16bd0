import { handle } from '../../../../server/handle.ts';

/** Answers when the generation has ended, or after five seconds as it stands then. */
export const GET = handle(({ plinth, id }) => plinth.reel.generation(id, { wait: 5 }));
