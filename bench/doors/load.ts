/** The callers of `npm run bench -- doors`, in a process of their own: it is forked, and makes the calls that it is told. */
import { Pool } from 'undici';
import { endWithParent } from '../gateway/child.ts';

/** Calls of one path at one server. */
export interface Round {
  readonly origin: string;
  readonly path: string;
  readonly key: string;
  readonly body: string;
  readonly calls: number;
  readonly atOnce: number;
}

process.on('message', (round: Round) => void run(round).then((failed) => process.send?.(failed)));
endWithParent();
process.send?.('ready');

/** Answers the first answer that was not 200. */
async function run({ origin, path, key, body, calls, atOnce }: Round): Promise<string> {
  const pool = new Pool(origin, { connections: atOnce });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  let [left, failed] = [calls, ''];
  const caller = async () => {
    for (; left > 0; left -= 1) {
      const answer = await pool.request({ path, method: 'POST', headers, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) failed ||= `${path}: ${answer.statusCode} ${text.slice(0, 300)}`;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  await pool.close();
  return failed;
}
