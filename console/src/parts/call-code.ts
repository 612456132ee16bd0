import type { RouteName } from '@plinth/sdk';
import { pathOf } from '@plinth/sdk/calls';

/** A call of the API, to be written down. */
export interface WrittenCall {
  readonly route: RouteName;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** The call that asks a model, as one would type it. */
export const chatCall = (model: string, prompt: string): WrittenCall => ({
  route: 'POST /v1/ai/chat/completions',
  body: { model, messages: [{ role: 'user', content: prompt }] },
});

/** A call for a terminal, or for a program: with the key of the user who pastes it. */
export function codeOf({ route, ...given }: WrittenCall, as: 'curl' | 'sdk'): string {
  if (as === 'sdk')
    return [
      "import { createClient } from '@plinth/sdk';",
      `const plinth = createClient({ baseUrl: '${location.origin}', apiKey: process.env.PLINTH_KEY });`,
      `console.log(await plinth.call('${route}', ${JSON.stringify(given)}));`,
    ].join('\n');
  const [method = '', path = ''] = route.split(' ');
  const body = JSON.stringify(given.body)?.replaceAll("'", String.raw`'\''`);
  return [
    `curl ${method === 'GET' || body !== undefined ? '' : `-X ${method} `}${location.origin}${pathOf(path, given)}`,
    `  -H "Authorization: Bearer $PLINTH_KEY"${body === undefined ? '' : " -H 'Content-Type: application/json'"}`,
    ...(body === undefined ? [] : [`  -d '${body}'`]),
  ].join(' \\\n');
}
