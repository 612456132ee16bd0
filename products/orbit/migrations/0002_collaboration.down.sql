drop table orbit.favourites, orbit.public_templates, orbit.templates, orbit.comment_mentions, orbit.comments, orbit.presence,
  orbit.activities, orbit.scope_changes, orbit.scope_heads;
