import type { FastifyReply } from 'fastify';
import { isAnswer, type Route } from '#platform/http';

const JSON_TYPE = 'application/json; charset=utf-8';
const PAGE_TYPE = 'text/html; charset=utf-8';

/** Sends what a handler answered: a plain value is 200 (nothing at all 204), an `answer()` says its status itself. */
export function sendResult(
  route: Route,
  reply: FastifyReply,
  { result, check }: { readonly result: unknown; readonly check: boolean },
): void {
  // The handler took the wire, or the call was given up while it ran.
  if (reply.sent) return;
  const given = isAnswer(result) ? result : { status: result === undefined ? 204 : 200, body: result };
  const isPage = route.shape.page === true && typeof given.body === 'string';
  const text = given.body === undefined ? undefined : JSON.stringify(given.body);
  if (check) checkReply(route, given.status, text);
  reply.code(given.status);
  for (const [name, value] of Object.entries(given.headers ?? {})) reply.header(name, value);
  if (text === undefined) reply.send();
  else if (isPage) reply.type(PAGE_TYPE).send(given.body);
  else reply.type(JSON_TYPE).send(text);
}

/** Outside production an answer that is not as declared is a defect that shows at once. */
function checkReply(route: Route, status: number, text: string | undefined): void {
  const schema = route.shape.reply[status];
  if (schema === undefined) throw new Error(`${route.name} answered ${status}, which it does not declare`);
  const parsed = schema.safeParse(text === undefined ? undefined : JSON.parse(text));
  if (parsed.success) return;
  const places = parsed.error.issues.map(({ path, code }) => `${path.join('.')} (${code})`).join(', ');
  throw new Error(`${route.name} answered ${status} with another body than it declares: ${places}`);
}
