import { type JsonObject, isObject, ownProperty, ownList, ownObject, ownString } from './content/json.ts';
import { invalidParameter } from './errors.ts';

export interface Tool {
  readonly name: string;
  readonly parameters: JsonObject;
  /** The whole declaration, which counts as prompt. */
  readonly declaration: string;
}

export type ToolChoice =
  | { readonly mode: 'none' | 'auto' | 'required' }
  | { readonly mode: 'named'; readonly name: string };

/** As OpenAI has it. */
const MOST_TOOLS = 128;

/** A tool's declaration stands in its `function`; in the Responses API it is `flat`. */
export function parseTools(value: unknown, flat = false): Tool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw invalidParameter('tools', "Invalid type for 'tools': expected an array.", 'invalid_type');
  if (value.length > MOST_TOOLS) {
    const message = `Invalid 'tools': array too long. Expected at most ${MOST_TOOLS} items.`;
    throw invalidParameter('tools', message, 'array_above_max_length');
  }
  return value.map((tool: unknown, position) => {
    const isFunction = isObject(tool) && ownProperty(tool, 'type') === 'function';
    const declared = isFunction ? (flat ? tool : ownObject(tool, 'function')) : undefined;
    if (declared === undefined) {
      const where = `tools[${position}].type`;
      throw invalidParameter(
        where,
        `Invalid value for '${where}'. The sandbox supports: 'function'.`,
        'invalid_value',
      );
    }
    const name = ownString(declared, 'name') ?? '';
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      const where = `tools[${position}]${flat ? '' : '.function'}.name`;
      throw invalidParameter(
        where,
        `Invalid '${where}': string does not match pattern '^[a-zA-Z0-9_-]+$'.`,
        'invalid_value',
      );
    }
    const parameters = ownObject(declared, 'parameters') ?? { type: 'object', properties: {} };
    return { name, parameters, declaration: JSON.stringify(declared) };
  });
}

export function parseToolChoice(value: unknown, tools: readonly Tool[]): ToolChoice {
  if (value === undefined || value === null) return { mode: tools.length > 0 ? 'auto' : 'none' };
  if (tools.length === 0) {
    throw invalidParameter(
      'tool_choice',
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    );
  }
  if (value === 'none' || value === 'auto' || value === 'required') return { mode: value };
  const name = isObject(value) ? ownString(ownObject(value, 'function') ?? {}, 'name') : undefined;
  if (name !== undefined && tools.some((tool) => tool.name === name)) return { mode: 'named', name };
  const allowed = isObject(value) ? ownObject(value, 'allowed_tools') : undefined;
  if (allowed !== undefined && ownList(allowed, 'tools') !== undefined) {
    return { mode: ownProperty(allowed, 'mode') === 'required' ? 'required' : 'auto' };
  }
  throw invalidParameter(
    'tool_choice',
    `Tool choice '${name ?? ''}' not found in 'tools' parameter.`,
    'invalid_value',
  );
}
