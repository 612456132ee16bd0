-- Who may what in this schema. Nothing else is granted to anybody, but functions to the system (docs/decisions/0058).
grant usage on schema prism to plinth_tenant, plinth_system;

grant select, insert, update, delete on prism.profiles, prism.turns, prism.mirror_sessions, prism.mirror_messages,
  prism.mirror_fragments, prism.lens_goals, prism.lens_actions to plinth_system;
grant select, insert, update on prism.profiles to plinth_tenant;
grant select, insert, update on prism.turns to plinth_tenant;
grant select, insert, update on prism.mirror_sessions to plinth_tenant;
-- A message that got no reply is taken back.
grant select, insert, update, delete on prism.mirror_messages to plinth_tenant;
grant select, insert on prism.mirror_fragments to plinth_tenant;
grant select, insert, update on prism.lens_goals to plinth_tenant;
grant select, insert, update on prism.lens_actions to plinth_tenant;
