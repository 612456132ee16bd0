import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { aiSettingsOf } from '#platform/ai';
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
          source: 'model_info of the LiteLLM configuration',
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
