import { namedUnion, productRoutes } from 'plinth/product';
import type { Adiuva } from '../service.ts';
import { executionPlan } from '../playbooks/plan.ts';
import { chatRequest, chatResponse } from '../request.ts';
import { supportText } from '../support-text.ts';

const route = productRoutes<Adiuva>();

/** Milliseconds are for model calls of one question: the policy's run time holds each of them. */
const LONGEST_SECONDS = 300;

export const chat = route(
  'POST /v1/chat',
  {
    operation: 'chatWithAdiuva',
    summary: 'Ask the assistant',
    description:
      'Send what you ask together with the data that it is about. Nothing of either is kept. Agents answer with a text and with actions, which your program carries out: this server carries out none of them. By the socket the text comes as it is written.',
    tag: 'Adiuva',
    auth: 'account',
    may: 'member',
    scope: 'adiuva:write',
    rate: { perMinute: 600, by: 'member' },
    soldRates: ['requests'],
    socket: '/v1/chat/stream',
    private: true,
    maxBody: 2 * 1024 * 1024,
    maxSeconds: LONGEST_SECONDS,
    precheck: {
      text: ({ body }) => body.message,
      crisis: (support) => ({ response: supportText(support), actions: [] }),
    },
    spends: {
      feature: 'chat',
      as: 'inline',
      prepare: ({ body }, { chat: service }: Adiuva) => service.plan(body),
    },
    body: chatRequest,
    reply: { 200: namedUnion('ChatResult', [chatResponse, executionPlan]) },
    errors: [
      'provider_unavailable',
      'provider_timeout',
      'provider_rejected',
      'provider_unprocessable',
      'provider_rate_limited',
      'context_too_large',
      'context_length_exceeded',
      'answer_unusable',
      'answer_too_large',
    ],
  },
  (call, { chat: service }) => service.answer(call),
);
