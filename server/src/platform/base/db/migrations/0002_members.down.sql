drop procedure app.protect_member(regclass);
