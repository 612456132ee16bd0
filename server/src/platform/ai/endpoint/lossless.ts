import { Reading } from '../reading.ts';
import { refuseLost } from './fields.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields of a request that hold what is said, in each protocol. */
const SAID = ['messages', 'tools', 'input', 'system', 'contents', 'systemInstruction'];

/** Members on which no answer depends: clients send an answer's members back with it, and vendors' hints have no place elsewhere. */
const IDLE: ReadonlySet<string> = new Set(
  `annotations cache_control caller detail extra_content id index logprobs parsed parsed_arguments partMetadata phase provider_specific_fields
   reasoning reasoning_content reasoning_details role status thinking_blocks type`.split(/\s+/),
);

const PATHS = {
  /** A tool's name stands beside its result, whose call has it. */
  isIdle: (name: string, owner: object) =>
    IDLE.has(name) || (name === 'name' && 'role' in owner && owner.role === 'tool'),
  item: (path: string) => path,
};

/**
 * Translates a request. Throws field_refused for the first member of what is said in it that the translation neither read nor handed
 * on: so none can lose what it does not know of.
 */
export function losingNothing<T>(request: Fields, translate: (request: Fields) => T): T {
  const reading = new Reading();
  const said = SAID.filter((field) => Object.hasOwn(request, field));
  const seen = Object.fromEntries(said.map((field) => [field, reading.seen(request[field])]));
  const translated = reading.handOn(translate({ ...request, ...seen }));
  for (const field of said) for (const lost of reading.unread(request[field], field, PATHS)) refuseLost(lost);
  return translated;
}
