import { parseArgs } from 'node:util';
import { benchFirstToken } from './chat/first-token.ts';
import { benchFrames } from './chat/frames.ts';
import type { Figures } from './figures.ts';

/** What a chat by a socket costs: until its first token, a frame, and a socket that waits. `--only first,frames,idle`. */
export async function benchChat(say: (line: string) => void, flags: readonly string[]): Promise<Figures> {
  const { values } = parseArgs({
    args: [...flags],
    options: {
      json: { type: 'boolean' },
      only: { type: 'string', default: 'first,frames,idle' },
      rounds: { type: 'string', default: '5' },
    },
  });
  const only = values.only.split(',');
  const rounds = Number(values.rounds);
  return {
    ...(only.includes('first') ? { first_token: await benchFirstToken(rounds, say) } : {}),
    ...(await benchFrames({ frames: only.includes('frames'), idle: only.includes('idle'), rounds, say })),
  };
}
