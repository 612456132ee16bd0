import { isRecord } from '#platform/kernel';
import { type Picture, pictureOfData } from '../../metering/pictures.ts';
import { invalid } from '../../wire.ts';
import { checkFields, type FieldTable, refuse } from '../fields.ts';

/** Google's generateContent, as of the @google/genai package 3.3. */
export const GEMINI_FIELDS: FieldTable = {
  contents: 'harmless',
  systemInstruction: 'harmless',
  tools: 'harmless',
  toolConfig: 'harmless',
  safetySettings: 'harmless',
  generationConfig: 'ours',
  // Said in the path.
  model: 'ours',
  labels: 'ours',
  // A provider is not asked to keep an answer.
  store: 'ours',
  serviceTier: 'priced',
  modelArmorConfig: 'unpriced',
  cachedContent: 'stateful',
  continuationToken: 'stateful',
};

/** Its generationConfig, likewise. */
export const GEMINI_CONFIG_FIELDS: FieldTable = {
  temperature: 'harmless',
  topP: 'harmless',
  topK: 'harmless',
  stopSequences: 'harmless',
  seed: 'harmless',
  presencePenalty: 'harmless',
  frequencyPenalty: 'harmless',
  responseLogprobs: 'harmless',
  logprobs: 'harmless',
  responseMimeType: 'harmless',
  responseSchema: 'harmless',
  responseJsonSchema: 'harmless',
  thinkingConfig: 'harmless',
  enableEnhancedCivicAnswers: 'harmless',
  // Texts alone have a price.
  responseModalities: 'priced',
  candidateCount: 'priced',
  maxOutputTokens: 'ours',
  responseFormat: 'unpriced',
  mediaResolution: 'unpriced',
  speechConfig: 'unpriced',
  imageConfig: 'unpriced',
  audioTimestamp: 'unpriced',
  audioTranscriptionConfig: 'unpriced',
  enableAffectiveDialog: 'unpriced',
  routingConfig: 'unpriced',
  modelSelectionConfig: 'unpriced',
  translationConfig: 'unpriced',
};

/** Refuses what a shared key must not do, and answers the pictures and documents, which have a price of their own. */
export function checkGeminiFields(
  body: Record<string, unknown>,
  allowed: ReadonlySet<string>,
): readonly Picture[] {
  checkFields(GEMINI_FIELDS, body, allowed);
  const { contents, systemInstruction, tools, toolConfig } = body;
  const config = body['generationConfig'] ?? {};
  if (!isRecord(config)) throw invalid('generationConfig must be an object.', 'generationConfig');
  checkFields(GEMINI_CONFIG_FIELDS, config, allowed);
  const modalities = config['responseModalities'] ?? [];
  if (!Array.isArray(modalities) || !modalities.every((one) => String(one).toUpperCase() === 'TEXT'))
    refuse('responseModalities', 'unpriced');
  if (!Array.isArray(contents) || contents.length === 0)
    throw invalid('contents must be a list that is not empty.', 'contents');
  checkMembers('tools', tools ?? [], ['functionDeclarations']);
  checkMembers('toolConfig', [toolConfig ?? {}], ['functionCallingConfig']);
  return [
    ...contents.flatMap((content) => picturesOf(content, 'contents')),
    ...picturesOf(systemInstruction ?? {}, 'systemInstruction'),
  ];
}

/** Any other member runs at the vendor, which costs money and reaches stored objects. */
function checkMembers(field: string, values: unknown, known: readonly string[]): void {
  if (!Array.isArray(values)) throw invalid(`${field} must be a list.`, field);
  for (const value of values) {
    if (!isRecord(value)) throw invalid(`${field} must hold objects.`, field);
    const other = Object.keys(value).find((name) => value[name] !== null && !known.includes(name));
    if (other !== undefined) refuse(`${field}.${other}`, 'unpriced');
  }
}

function picturesOf(content: unknown, field: string): readonly Picture[] {
  const { parts = [] } = isRecord(content) ? content : { parts: undefined };
  if (!isRecord(content) || !Array.isArray(parts))
    throw invalid(`${field} must have an object with a list of parts.`, field);
  return parts.flatMap((one) => pictureOf(one, field));
}

/** Words of a part that frame another member of it. */
const WORDS = new Set(['text', 'thought', 'thoughtSignature', 'functionCall', 'partMetadata']);

function pictureOf(part: unknown, field: string): readonly Picture[] {
  if (!isRecord(part)) throw invalid(`A part of ${field} must be an object.`, field);
  return Object.entries(part).flatMap(([name, value]): readonly Picture[] => {
    if (WORDS.has(name) || value === null) return [];
    if (name === 'functionResponse')
      return isRecord(value) ? picturesOf({ parts: value['parts'] ?? [] }, field) : [];
    if (name !== 'inlineData')
      return refuse(`${field}.parts.${name}`, name === 'fileData' ? 'stateful' : 'unpriced');
    const { mimeType, data } = isRecord(value) ? value : {};
    const kind = /^(?:image\/|application\/(pdf)$)/.exec(String(mimeType));
    if (kind === null) return refuse(`${field}.parts.inlineData`, 'unpriced');
    return [pictureOfData(data, kind[1] !== undefined)];
  });
}
