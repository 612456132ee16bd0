import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** An OpenAI-compatible place to send model calls to. */
export interface UpstreamSetting {
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** The header that takes the key as it is; `Authorization: Bearer` when not said. */
  readonly authHeader?: string | undefined;
  /** The models that it serves; not said: whatever the policies and the catalogue name. */
  readonly models: readonly string[] | undefined;
}

const upstream = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
  base_url: z.url({ protocol: /^https?$/ }),
  api_key: z.string().min(1).optional(),
  auth_header: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,60}$/i)
    .optional(),
  models: z.array(z.string().min(1)).optional(),
});

/** Reads AI_UPSTREAMS: JSON, or the name of a file that holds it. Answers what is wrong with it as text, without quoting it. */
export function readUpstreams(value: string): readonly UpstreamSetting[] | string {
  const isInline = /^\s*[[{]/.test(value);
  let text = value;
  if (!isInline) {
    try {
      text = readFileSync(value, 'utf8');
    } catch {
      return 'names a file that can not be read';
    }
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'is not valid JSON';
  }
  const parsed = z.array(upstream).safeParse(json);
  if (!parsed.success) return `is not a list of upstreams (see ${placeOf(parsed.error)})`;
  const names = parsed.data.map(({ name }) => name);
  if (new Set(names).size < names.length) return 'names an upstream twice';
  return parsed.data.map(({ name, base_url, api_key, auth_header, models }) => ({
    name,
    baseUrl: base_url.replace(/\/+$/, ''),
    apiKey: api_key,
    ...(auth_header === undefined ? {} : { authHeader: auth_header }),
    models,
  }));
}

function placeOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined || issue.path.length === 0 ? 'the top' : issue.path.map(String).join('.');
}
