import { z } from 'zod';
import { type Agent, agentTool, NO_INPUT } from './agent.ts';
import { belongsTo, type Fields, filterBy, idOf, movesTo, NEW_TITLE, newChoice, TITLE } from './fields.ts';
import { createRecord, deleteRecord, listRows, readRow, updateRecord } from './records.ts';

const STATUSES = ['active', 'archived'] as const;

const isActive = (row: Fields): boolean => row['status'] !== 'archived';

const listProjects = agentTool({
  name: 'list_projects',
  description: 'Lists projects: the active ones, or with the archived ones.',
  input: z.strictObject({ client_id: filterBy('client'), include_archived: z.boolean() }),
  run({ client_id, include_archived }, session) {
    const keeps = (row: Fields): boolean => include_archived || isActive(row);
    return listRows(session, 'projects', { where: { client_id }, keeps });
  },
});

const listAllProjects = agentTool({
  name: 'list_all_projects',
  description: 'Lists all projects of all clients, the archived ones too.',
  input: NO_INPUT,
  run: (_input, session) => listRows(session, 'projects', {}),
});

const getProject = agentTool({
  name: 'get_project',
  description: 'Answers one project.',
  input: z.strictObject({ project_id: idOf('project') }),
  run: ({ project_id }, session) => readRow(session, 'projects', project_id),
});

const createProject = agentTool({
  name: 'create_project',
  description: 'Creates a project, which is active.',
  input: z.strictObject({ name: TITLE, client_id: belongsTo('client') }),
  run: (input, session) => createRecord(session, 'projects', { ...input, status: 'active' }),
});

const updateProject = agentTool({
  name: 'update_project',
  description: 'Changes the fields of a project that you name. To archive it set its status to archived.',
  input: z.strictObject({
    project_id: idOf('project'),
    name: NEW_TITLE,
    client_id: movesTo('client'),
    status: newChoice(STATUSES),
  }),
  run: ({ project_id, ...fields }, session) => updateRecord(session, 'projects', { id: project_id, fields }),
});

const deleteProject = agentTool({
  name: 'delete_project',
  description:
    'Deletes a project for good, with all that is in it. Prefer to archive it with update_project: delete it only if the user has said that it is to be deleted and not archived.',
  input: z.strictObject({ project_id: idOf('project') }),
  run: ({ project_id }, session) => deleteRecord(session, 'projects', project_id),
});

export const projectAgent: Agent = {
  name: 'project_agent',
  description: 'Manages projects: list, get, create, update, archive, delete',
  skills: ['projects', 'clients', 'archive'],
  prompt: 'project_agent',
  tools: [listProjects, listAllProjects, getProject, createProject, updateProject, deleteProject],
};
