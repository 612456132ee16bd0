import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { type FormPart, readForm } from '#platform/http';
import { TRANSCRIPTIONS } from '../../dialects/transcriptions.ts';
import { formPartHead, invalid } from '../../wire.ts';
import type { Door, FormBody } from '../door.ts';
import { checkFields, checkTexts, type FieldTable } from '../fields.ts';
import { openAiErrorEvent } from '../openai-errors.ts';

/** OpenAI's transcriptions, as of the openai package 7.55. A file that is cut into chunks is heard by several calls of the model. */
const FIELDS: FieldTable = {
  file: 'priced',
  model: 'ours',
  language: 'harmless',
  languages: 'harmless',
  prompt: 'harmless',
  keywords: 'harmless',
  response_format: 'harmless',
  temperature: 'harmless',
  timestamp_granularities: 'harmless',
  include: 'harmless',
  stream: 'unpriced',
  chunking_strategy: 'unpriced',
  known_speaker_names: 'unpriced',
  known_speaker_references: 'unpriced',
};

/** Those in JSON tell their usage. */
const JSON_FORMATS: readonly unknown[] = ['json', 'verbose_json'];
const FORMATS: readonly unknown[] = [...JSON_FORMATS, 'text', 'srt', 'vtt'];
const LISTS: Readonly<Record<string, RegExp>> = {
  timestamp_granularities: /^(?:word|segment)$/,
  include: /^logprobs$/,
  languages: /^[\w-]{1,35}$/,
  keywords: /^.{1,200}$/s,
};
const MOST_ITEMS = 100;
const LONGEST_WORD = 100;
const LONGEST_PROMPT = 32_000;
/** OpenAI's largest file. */
const MOST_BYTES = 25 * 1_048_576;

/** The file's name says its format; of the name nothing else goes on. */
const fileName = (name: string) => `audio${/\.[a-z0-9]{1,10}$/i.exec(name)?.[0] ?? ''}`;
const fileType = (type: string) =>
  /^[\w.+-]{1,100}\/[\w.+-]{1,100}/.exec(type)?.[0] ?? 'application/octet-stream';

function readBody(body: Buffer, contentType: string | undefined): FormBody {
  const boundary = `plinth-${randomUUID()}`;
  const fields = new Map<string, unknown>();
  const parts: Buffer[] = [];
  for (const part of readForm(body, contentType)) {
    const { name, bytes, file } = part;
    const key = name.replace(/\[\]$/, '');
    if (!/^\w{1,64}$/.test(key)) throw invalid('A field of the form has a name that none has.', 'body');
    const before = fields.get(key);
    const value = valueOf(part, key);
    if (before === undefined) fields.set(key, name === key ? value : [value]);
    else if (Array.isArray(before) && name !== key) before.push(value);
    else throw invalid(`${key} is written twice.`, key);
    const more = file && `; filename="${fileName(file.name)}"\r\ncontent-type: ${fileType(file.type)}`;
    if (key !== 'model') parts.push(formPartHead(boundary, name, more), bytes);
  }
  return { fields: Object.fromEntries(fields), form: { boundary, parts } };
}

function valueOf({ bytes, file }: FormPart, key: string): unknown {
  if ((key === 'file') !== (file !== undefined))
    throw invalid(`${key} must be a ${key === 'file' ? 'file' : 'text'}.`, key);
  if (file !== undefined) return bytes;
  if (!isUtf8(bytes) || bytes.includes(0)) throw invalid(`${key} holds broken text.`, key);
  return bytes.toString('utf8');
}

function checkLists(body: Record<string, unknown>): void {
  for (const [field, fits] of Object.entries(LISTS)) {
    const items = body[field] ?? [];
    const isList = Array.isArray(items) && items.length <= MOST_ITEMS;
    if (!isList || !items.every((item) => fits.test(String(item))))
      throw invalid(
        `${field} has a value that no model takes: each is a part ${field}[] of the form.`,
        field,
      );
  }
}

export const TRANSCRIPTIONS_DOOR: Door = {
  dialect: TRANSCRIPTIONS,
  fields: FIELDS,
  readForm: readBody,
  check(body, allowed) {
    const { stream, ...rest } = body;
    checkFields(FIELDS, stream === 'false' ? rest : body, allowed);
    const { file, response_format: format = 'json', temperature = '0' } = body;
    if (!Buffer.isBuffer(file) || file.length === 0 || file.length > MOST_BYTES)
      throw invalid(`file must be a file of 1 to ${MOST_BYTES} bytes.`, 'file');
    checkTexts(body, ['prompt'], LONGEST_PROMPT);
    checkTexts(body, ['language'], LONGEST_WORD);
    if (!FORMATS.includes(format))
      throw invalid(`response_format must be one of ${FORMATS.join(', ')}.`, 'response_format');
    if (!/^(?:0|1|0?\.\d{1,20}|[01]\.0{1,20})$/.test(String(temperature)))
      throw invalid('temperature must be a number from 0 to 1.', 'temperature');
    checkLists(body);
    return [];
  },
  answersJson: ({ response_format: format = 'json' }) => JSON_FORMATS.includes(format),
  errorEvent: openAiErrorEvent,
};
