import { anthropicError, googleError, openAiError } from '#platform/ai';
import type { ErrorForm, Route } from '#platform/http';
import { AppError } from '#platform/kernel';
import { isAt } from './missing.ts';

/** A protocol whose clients may be set to a wrong base URL. */
interface ClientProtocol {
  readonly name: string;
  /** Its calls below any base that its clients and other gateways know; the group is the call. */
  readonly paths: RegExp;
  /** An error as its clients read it; our own where those read `error.message`. */
  readonly form?: ErrorForm;
  /** The end of the path of its first route, where this server may speak it: before that is the base. */
  readonly call?: RegExp;
}

/** Segments before a call, at vendors and at other gateways: /openai/v1, /api/v1, /openai/deployments/small, /v1beta/openai. */
const BASES =
  '(?:/(?:v\\d\\w*|ai|anthropic|api|azure|compatible-mode|gateway|inference|litellm|llm|openai|openrouter|paas|proxy|(?:deployments|engines)/[^/]+))*';
const OPENAI_CALLS =
  'assistants|audio|batches|chat/completions|completions|conversations|embeddings|files|fine_tuning|images|models|moderations|realtime|responses|threads|uploads|vector_stores';

/** The first that fits is the one. */
const PROTOCOLS: readonly ClientProtocol[] = [
  {
    name: 'Anthropic',
    paths: new RegExp(
      `^(?:${BASES}(/(?:messages(?:/batches.*|/count_tokens)?|complete))|(?:/v1)?/anthropic(?:/.*)?)$`,
    ),
    form: anthropicError,
    call: /(?:\/v1)?\/messages$/,
  },
  {
    name: 'Gemini',
    paths: /^(?:\/(?:[^:]*\/)?(?:models|tunedModels)(\/[^/:]+:\w+)|\/v1\/ai\/google(?:\/.*)?)$/,
    form: googleError,
    call: /\/models\/:model\/generateContent$/,
  },
  {
    name: 'Ollama',
    paths: /^(?:\/v1(?:\/ai)?)?\/api(\/(?:chat|embed|embeddings|generate|ps|show|tags|version))$/,
    form: ({ message, code }, requestId) => ({ error: message, code, request_id: requestId }),
  },
  {
    name: 'OpenAI',
    paths: new RegExp(`^(?:${BASES}(/(?:${OPENAI_CALLS})(?:/.*)?)|(?:/v1)?/openai(?:/.*)?)$`),
    form: openAiError,
    call: /\/chat\/completions$/,
  },
];

/** A protocol that this server speaks. */
interface Door {
  readonly name: string;
  readonly base: string;
  /** As `GET /models`, below the base. */
  readonly calls: readonly string[];
}

/** The error of a path that belongs to a protocol, and the form in which its clients read it. */
interface ClientPathError {
  readonly error: AppError;
  readonly form: ErrorForm | undefined;
}

/**
 * Answers the error of a path that clients of AI providers and of other gateways try: it names the base URL to use. A path that takes
 * other methods has its own error, in the form of its routes. undefined for any other path, and where no route speaks such a protocol.
 * Called for requests without a route alone, so that calls pay nothing for it.
 */
export function clientPathErrors(
  routes: readonly Route[],
  serverUrl: () => string,
): (method: string, url: string, unrouted: AppError) => ClientPathError | undefined {
  const doors = PROTOCOLS.flatMap((protocol) => doorOf(protocol, routes));
  const openAi = doors.find(({ name }) => name === 'OpenAI');
  const formed = routes.filter(({ shape }) => shape.errorForm !== undefined);
  return (method, url, unrouted) => {
    const path = url.split('?', 1)[0]?.replace(/(?<!\/)\/+$/, '') ?? '';
    if (unrouted.status !== 404) {
      const given = path.split('/');
      const there = formed.find((one) => isAt(one.path.split('/'), given));
      return there && { error: unrouted, form: there.shape.errorForm };
    }
    for (const { name, paths, form } of PROTOCOLS) {
      const match = paths.exec(path);
      if (match === null) continue;
      const door = doors.find((one) => one.name === name) ?? openAi;
      if (door === undefined) return undefined;
      const baseUrl = `${serverUrl().replace(/\/+$/, '')}${door.base}`;
      const missing = door.name === name ? '' : `, nor ${name}'s protocol`;
      const message = `There is no ${method} ${path.slice(0, 200)} here${missing}. ${hintOf(door, match[1], baseUrl)}`;
      return { error: new AppError('not_found', { message, details: { base_url: baseUrl } }), form };
    }
    return undefined;
  };
}

/** The base alone leads to a call that is there; of any other call, those that are there are told. */
function hintOf({ name, calls }: Door, call: string | undefined, baseUrl: string): string {
  const base = `The base URL of ${name}'s protocol is ${baseUrl}`;
  const isThere = calls.some((one) => isAt(tailOf(one).split('/'), (call ?? '').split('/')));
  return isThere ? `${base}.` : `${base}, with ${calls.join(', ')}.`;
}

const tailOf = (call: string) => call.replace(/^\w+ (?:\/v1)?/, '');

function doorOf({ name, form, call }: ClientProtocol, routes: readonly Route[]): Door[] {
  const own = routes.filter(({ shape }) => form !== undefined && shape.errorForm === form);
  const first = call === undefined ? undefined : own.find(({ path }) => call.test(path));
  if (first === undefined || call === undefined) return [];
  const base = first.path.replace(call, '');
  const below = own.filter(({ path }) => path.startsWith(`${base}/`));
  return [
    { name, base, calls: below.map(({ method, path }) => `${method} ${path.slice(base.length)}`).toSorted() },
  ];
}
