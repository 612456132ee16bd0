import {
  type AccountId,
  AppError,
  commitPoint,
  keepAnswer,
  type Origin,
  type Permit,
  type ProductContext,
  promptsIn,
  type SafetySupport,
  type Wire,
} from 'plinth/product';
import { createAgentSession } from '../agents/agent.ts';
import { supportText } from '../support-text.ts';
import { agentsOf } from '../agents/registry.ts';
import { describeContext } from './material.ts';
import type { ExecutionPlan } from '../playbooks/plan.ts';
import { answerQuestion, planQuestion } from './orchestrator.ts';
import { MOST_CALLS, type Question } from './question.ts';
import type { ChatRequest, ChatResponse } from '../request.ts';

const ANSWER = commitPoint('adiuva.chat', 'settlement and sealed answer of a chat with an Idempotency-Key');

/** Bytes of a first call beside message and context: the agent's prompt, and what its tools are declared with. */
const PROMPT_BYTES = 24_576;

/** A question and what its answer needs. */
export interface ChatCall {
  readonly accountId: AccountId;
  readonly permit: Permit;
  readonly body: ChatRequest;
  readonly origin: Origin;
  readonly wire: Wire;
  readonly safety: SafetySupport;
}

/** Chat: one question with all that it is about, answered by agents. Nothing of it is kept, but a sealed answer for a repeat of its key. */
export function createChat({ ai, db, ids, clock, plan }: ProductContext) {
  const parts = { ai, prompts: promptsIn(new URL('../prompts/', import.meta.url)) };

  async function answer(call: ChatCall): Promise<ChatResponse | ExecutionPlan> {
    const question = await questionOf(call);
    const work =
      call.body.execution_mode === 'plan' ? planQuestion(parts, question) : respond(call, question);
    const reply = await work.catch((error: unknown) => {
      // A client that left is told nothing; a server that stops says so itself.
      call.origin.signal.throwIfAborted();
      throw error;
    });
    return keepAnswer({ db }, { permit: call.permit, point: ANSWER }, reply);
  }

  async function respond({ permit, wire, safety }: ChatCall, question: Question): Promise<ChatResponse> {
    let response = '';
    const say = async (text: string): Promise<void> => {
      response += text;
      if (wire.socket !== undefined && !(await wire.socket.send(text))) throw new AppError('client_gone');
    };
    await answerQuestion(parts, question, say);
    const support = supportText(safety);
    if (support !== '') await say(`\n\n${support}`);
    // Models' words were read on their way here; this is what tools made of them.
    const actions = question.session.actions.filter(
      (action) => ai.refuses(permit, 'chat', action) === undefined,
    );
    return { response, actions };
  }

  async function questionOf({ accountId, permit, body, origin }: ChatCall): Promise<Question> {
    const { grants } = await plan.now(accountId);
    const { message, context } = body;
    return {
      permit,
      message,
      grants,
      agents: agentsOf(Number(grants['agents'] ?? 0)),
      session: createAgentSession({ context, now: clock.now(), newId: () => ids.next() }),
      signal: origin.signal,
      traceparent: origin.traceparent,
      calls: { left: MOST_CALLS },
    };
  }

  return {
    answer,
    /** The first model call, for admission: most of a context is for tools to read, and no model is shown it. */
    plan({ message, context }: ChatRequest) {
      const inputBytes =
        PROMPT_BYTES + Buffer.byteLength(message) + Buffer.byteLength(describeContext(context));
      return { planned: ai.estimate({ policy: 'adiuva.chat', inputBytes }) };
    },
  };
}
