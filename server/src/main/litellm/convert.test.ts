import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { aiSettingsOf, shippedRows } from '#platform/ai';
import { readConfig } from '#platform/config';
import { temporaryFolder } from '@plinth/testkit/services';
import { fromLiteLlm } from './convert.ts';
import { importLiteLlm } from './import-litellm.ts';

const FILE = `
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, rpm: 90000 }
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: sk-spare, rpm: 10000 }
  - model_name: gpt-4o
    litellm_params:
      { model: azure/gpt-4o-eu, api_base: "https://acme.openai.azure.com/", api_version: 2024-10-21, api_key: os.environ/NOT_SET, rpm: 100000 }
  - model_name: claude
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: sk-ant }
  - model_name: house
    litellm_params: { model: hosted_vllm/meta/llama-4, api_base: "http://10.0.0.7:8000/v1" }
    model_info: { input_cost_per_token: 0.0000002, output_cost_per_token: 0.0000006 }
  - model_name: old
    litellm_params: { model: bedrock/anthropic.claude-v2 }
  - model_name: "*"
    litellm_params: { model: "openai/*" }
litellm_settings:
  fallbacks: [{ gpt-4o: [claude] }]
  cache: true
router_settings:
  model_group_alias: { best: gpt-4o, gone: nothing }
general_settings:
  master_key: sk-1234
`;

const convert = (yaml = FILE) => fromLiteLlm(parse(yaml), { OPENAI_API_KEY: 'sk-first' }, '2026-11-28');

describe('the configuration of a LiteLLM proxy', () => {
  test('becomes upstreams by address, each with its keys and models', () => {
    expect(convert().upstreams).toEqual([
      {
        name: 'openai',
        base_url: 'https://api.openai.com/v1',
        keys: [{ key: 'sk-first' }, { key: 'sk-spare' }],
        models: ['gpt-4o'],
      },
      {
        name: 'azure',
        base_url: 'https://acme.openai.azure.com/openai/deployments/gpt-4o-eu?api-version=2024-10-21',
        auth_header: 'api-key',
        api_key: '<NOT_SET>',
        models: ['gpt-4o-eu'],
      },
      {
        name: 'anthropic',
        base_url: 'https://api.anthropic.com/v1',
        api_key: 'sk-ant',
        models: ['claude-sonnet-4-5'],
      },
      { name: 'at-10-0-0-7-8000', base_url: 'http://10.0.0.7:8000/v1', models: ['meta/llama-4'] },
    ]);
  });

  test('becomes aliases: deployments share by weight, fallbacks follow', () => {
    const route = {
      order: 'weight',
      sticky: false,
      models: [
        { model: 'openai/gpt-4o', weight: 10_000 },
        { model: 'azure/gpt-4o-eu', weight: 10_000 },
        { model: 'anthropic/claude-sonnet-4-5', weight: 0 },
      ],
    };
    expect(convert().config).toEqual({
      version: '2026-11-28',
      prices: {
        'at-10-0-0-7-8000/meta/llama-4': {
          input: 200_000,
          output: 600_000,
          source: 'the LiteLLM configuration',
        },
      },
      aliases: {
        'gpt-4o': route,
        claude: ['anthropic/claude-sonnet-4-5'],
        house: ['at-10-0-0-7-8000/meta/llama-4'],
        best: route,
      },
    });
  });

  test('says what has no counterpart, by its place', () => {
    expect(convert().notes).toEqual([
      expect.stringMatching(/^model_list\[5\] is left out: bedrock signs its calls/),
      expect.stringMatching(/^model_list\[6\] is left out: \* stands for any model/),
      expect.stringMatching(/^model_group_alias\.gone /),
      expect.stringMatching(/^litellm_settings\.cache: /),
      expect.stringMatching(/^general_settings\.master_key: /),
      'The variable NOT_SET is not set: <NOT_SET> stands for it.',
    ]);
  });

  test('says each member that was passed over, and none that was taken', () => {
    const { notes } = convert(`
include: [more.yaml]
environment_variables: { A: b }
model_list:
  - model_name: a
    litellm_params: { model: openai/a, api_key: k, weight: 2, rpm: 3, tags: [x], extra_headers: { a: b }, max_budget: 1, input_cost_per_second: 1 }
    model_info: { id: 7, mode: chat, supports_vision: true, health_check_model: b }
litellm_settings: { drop_params: true, num_retries: 3, default_fallbacks: [a] }
general_settings: { alerting: [slack] }
guardrails: [{ guardrail_name: g }]
`);
    expect(notes.map((note) => note.split(':')[0] ?? '').toSorted((a, b) => a.localeCompare(b))).toEqual([
      'environment_variables',
      'general_settings.alerting',
      'guardrails',
      'include',
      'litellm_settings.default_fallbacks',
      'litellm_settings.drop_params',
      'model_list[0].litellm_params.extra_headers',
      'model_list[0].litellm_params.input_cost_per_second',
      'model_list[0].litellm_params.max_budget',
      'model_list[0].litellm_params.tags',
      'model_list[0].model_info.health_check_model',
    ]);
  });

  test('says what was passed over of the eleventh entry although the second is left out', () => {
    const entry = '  - { model_name: a, litellm_params: { model: openai/a, api_key: k, tags: [x] } }';
    const wrong = '  - { model_name: b, litellm_params: { model: bedrock/b, tags: [x] } }';
    const { notes } = convert(`model_list:\n${[entry, wrong, ...Array(9).fill(entry)].join('\n')}`);
    const said = notes.map((note) => note.split(':')[0]);
    expect(said).toContain('model_list[10].litellm_params.tags');
    expect(said).not.toContain('model_list[1].litellm_params.tags');
  });

  test('sends no key to another vendor: a bare name says its provider, or its entry is left out', () => {
    const { upstreams, notes } = convert(`
credential_list: [{ credential_name: spare, credential_values: { api_key: sk-spare } }]
model_list:
  - { model_name: a, litellm_params: { model: claude-3-5-sonnet-20241022, api_key: sk-ant } }
  - { model_name: b, litellm_params: { model: gpt-4o, api_key: sk-openai } }
  - { model_name: c, litellm_params: { model: gpt-4.1, litellm_credential_name: spare } }
  - { model_name: d, litellm_params: { model: groq/llama-3 } }
  - { model_name: e, litellm_params: { model: llama-3, api_key: sk-whose } }
  - { model_name: f, litellm_params: { model: gpt-4o, litellm_credential_name: gone } }
`);
    expect(upstreams.map(({ name, api_key: key, keys }) => [name, key ?? keys])).toEqual([
      ['anthropic', 'sk-ant'],
      ['openai', [{ key: 'sk-openai' }, { key: 'sk-spare' }]],
      ['groq', '<GROQ_API_KEY>'],
    ]);
    expect(notes).toEqual([
      expect.stringMatching(/^model_list\[4\] is left out: the provider of llama-3 /),
      'model_list[5] is left out: credential_list has no "gone".',
      'The variable GROQ_API_KEY is not set: <GROQ_API_KEY> stands for it.',
    ]);
  });

  test('prices: where an entry says them, beside what the shipped list knows of the model', () => {
    const { config } = convert(`
model_list:
  - model_name: own
    litellm_params: { model: openai/own, api_key: k, input_cost_per_token: 0.0000001, output_cost_per_token: 0.0000004 }
    model_info: { max_input_tokens: 64000, max_output_tokens: 4000, input_cost_per_token_above_128k_tokens: 0.0000002, output_cost_per_token_above_128k_tokens: 0.0000008 }
  - { model_name: known, litellm_params: { model: openai/gpt-4o, api_key: k }, model_info: { input_cost_per_token: 0.0000025, output_cost_per_token: 0.00001 } }
  - { model_name: dearer, litellm_params: { model: openai/gpt-4o-mini, api_key: k }, model_info: { input_cost_per_token: 0.000001 } }
`);
    const { prices } = config;
    expect(prices).toEqual({
      'openai/own': {
        input: 100_000,
        output: 400_000,
        context: 64_000,
        max_output: 4_000,
        above: { tokens: 128_000, input: 200_000, output: 800_000 },
        source: 'the LiteLLM configuration',
      },
      'openai/gpt-4o-mini': {
        ...shippedRows()['openai/gpt-4o-mini'],
        input: 1_000_000,
        source: 'the LiteLLM configuration',
      },
    });
  });

  test('addresses that LiteLLM is told by their root get their version', () => {
    const { upstreams } = convert(`
model_list:
  - { model_name: a, litellm_params: { model: ollama_chat/llama3, api_base: "http://localhost:11434" } }
  - { model_name: b, litellm_params: { model: ollama/llama2, api_base: "http://localhost:11434/" } }
router_settings: { model_group_alias: { best: { model: a, hidden: true } } }
`);
    expect(upstreams).toEqual([
      { name: 'ollama', base_url: 'http://localhost:11434/v1', models: ['llama3', 'llama2'] },
    ]);
  });

  test('is taken by the server as it was written', () => {
    const { upstreams, config } = convert();
    const taken = readConfig({ AI_UPSTREAMS: JSON.stringify(upstreams), AI_CONFIG: JSON.stringify(config) });
    expect(taken.ai.upstreams.map(({ name }) => name)).toEqual(upstreams.map(({ name }) => name));
    expect(Object.keys(aiSettingsOf(taken).aliases)).toEqual(['gpt-4o', 'claude', 'house', 'best']);
  });

  test.each(['[]', 'model_list: 7', 'model_list: [7, null, {}]', '{}'])(
    'of which %s is none harms nothing',
    (yaml) => {
      const convertIt = () => convert(yaml);
      if (yaml.includes('[7')) expect(convertIt().notes).toHaveLength(3);
      else expect(convertIt).toThrow('model_list');
    },
  );
});

test('the verb writes two files that only their owner reads, and says what is left', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'config.yaml');
  writeFileSync(file, FILE);
  const upstreams = join(folder, 'ai-upstreams.json');
  writeFileSync(upstreams, 'of an earlier time', { mode: 0o644 });
  expect(await importLiteLlm({ words: ['litellm', file, folder] })).toBe(1);
  expect(statSync(upstreams).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(upstreams, 'utf8'))).toHaveLength(4);
  expect(await importLiteLlm({ words: ['litellm', join(folder, 'nothing.yaml')] })).toBe(2);
});
