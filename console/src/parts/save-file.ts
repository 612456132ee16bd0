import type { GivenFor, RouteName } from '@plinth/sdk/calls';
import type { Api } from '../session.ts';

interface FileCall<R extends RouteName> {
  readonly route: R;
  readonly given: GivenFor<R>;
}

/** Saves what a call answers as a file: fetched as who is signed in, which no link is. */
export async function saveFile<R extends RouteName>(
  api: Api,
  name: string,
  { route, given }: FileCall<R>,
): Promise<void> {
  const answer = await api.open(route, given);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
