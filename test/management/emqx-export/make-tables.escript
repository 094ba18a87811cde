#!/usr/bin/env escript
%% Makes the tables beside it as an export of EMQX 5 has them: `escript make-tables.escript`, with
%% Debian's erlang-base, erlang-mnesia and erlang-crypto. Names and fields of the records are those
%% of EMQX 5.8; a table is backed up through a checkpoint, one file each.
-mode(compile).

main(_) ->
    {ok, _} = application:ensure_all_started(crypto),
    Root = filename:join(filename:dirname(filename:absname(escript:script_name())), "mnesia"),
    ok = filelib:ensure_dir(filename:join(Root, "x")),
    ok = mnesia:start(),
    lists:foreach(fun(Table) -> backup(Root, Table) end, tables()),
    io:format("~s~n", [Root]).

backup(Root, {Name, RecordName, Attributes, Rows}) ->
    {atomic, ok} = mnesia:create_table(Name, [
        {type, ordered_set},
        {ram_copies, [node()]},
        {record_name, RecordName},
        {attributes, Attributes}
    ]),
    [ok = mnesia:dirty_write(Name, Row) || Row <- Rows],
    Options = [{name, Name}, {min, [Name]}, {ram_overrides_dump, true}],
    {ok, Name, _} = mnesia:activate_checkpoint(Options),
    File = filename:join(Root, atom_to_list(Name)),
    ok = mnesia:backup_checkpoint(Name, File),
    ok = mnesia:deactivate_checkpoint(Name).

tables() ->
    [
        {emqx_authn_mnesia, user_info, [user_id, password_hash, salt, is_superuser], [
            %% sha256, salt in front of the password.
            {user_info, {'mqtt:global', <<"ann">>}, hex(sha256(<<"saltof-ann-1">>)), <<"salt">>, true},
            {user_info, {'tcp:default', <<"bob">>}, hex(sha256(<<"saltof-bob-1">>)), <<"salt">>, false},
            {user_info, {'stomp:global', <<"eve">>}, hex(sha256(<<"saltof-eve-1">>)), <<"salt">>, false}
        ]},
        {emqx_authn_mnesia_ns, emqx_authn_mnesia_ns,
            [user_id, password_hash, salt, is_superuser, extra], [
                {emqx_authn_mnesia_ns, {<<"space">>, 'mqtt:global', <<"zoe">>}, <<"00">>, <<>>, false, #{}}
            ]},
        {emqx_authn_scram_mnesia, user_info,
            [user_id, stored_key, server_key, salt, is_superuser], [
                scram(<<"sue">>, <<"of-sue-1">>)
            ]},
        {emqx_acl, emqx_acl, [who, rules], [
            {emqx_acl, {2, <<"c1">>}, [
                {deny, publish, <<"no/#">>},
                {allow, {subscribe, [{qos, [0, 1]}]}, <<"some/+">>},
                {allow, {all, [{qos, 2}, {retain, true}]}, <<"eq exact/#">>}
            ]},
            {emqx_acl, {1, <<"ann">>}, [{allow, all, "as/text"}]},
            {emqx_acl, 0, [
                {allow, {publish, [{retain, all}]}, <<"t/${clientid}">>},
                {deny, {ipaddr, {{10, 0, 0, 0}, {10, 255, 255, 255}, 8}}, all, [<<"of/net">>]}
            ]}
        ]},
        {emqx_banned, banned, [who, by, reason, at, until], [
            {banned, {clientid, <<"bad">>}, <<"mgmt_api">>, <<"noise">>, 1700000000, infinity},
            {banned, {username, <<"worse">>}, <<"admin">>, <<>>, 1700000000, 4102444800},
            {banned, {username, <<"over">>}, <<"admin">>, <<>>, 1600000000, 1600000001},
            {banned, {peerhost, {192, 0, 2, 7}}, <<"mgmt_api">>, <<>>, 1700000000, infinity},
            {banned, {peerhost, {16#2001, 16#db8, 0, 0, 0, 0, 0, 1}}, <<"x">>, <<>>, 1700000000, infinity}
        ]},
        {emqx_banned_rules, banned, [who, by, reason, at, until], [
            {banned, {clientid_re, {re(<<"^pump-.*">>), <<"^pump-.*">>}}, <<"x">>, <<>>, 1700000000,
                infinity},
            {banned, {peerhost_net, {{198, 51, 100, 0}, {198, 51, 100, 255}, 24}}, <<"x">>, <<>>,
                1700000000, infinity}
        ]},
        {emqx_admin, emqx_admin, [username, pwdhash, description, role, extra], [
            {emqx_admin, <<"boss">>, dashboard_hash(<<"of-boss-1">>), <<"the boss">>,
                <<"administrator">>, #{password_ts => 1700000000}},
            {emqx_admin, <<"guest">>, dashboard_hash(<<"of-guest-1">>), <<>>, <<"viewer">>,
                #{password_ts => 1700000000, mfa_state => #{mechanism => totp}}},
            {emqx_admin, <<"old">>, dashboard_hash(<<"of-old-1">>), <<"before roles">>, undefined, []},
            {emqx_admin, {oidc, <<"ada">>}, <<>>, <<>>, <<"viewer">>, #{}},
            {emqx_admin, {saml, <<"sam">>}, <<>>, <<>>, <<"viewer">>, #{}},
            {emqx_admin, <<"tenant">>, dashboard_hash(<<"of-tenant-1">>), <<>>, <<"administrator">>,
                #{namespace => <<"space">>}}
        ]},
        {emqx_app, emqx_app,
            [name, api_key, api_secret_hash, enable, extra, expired_at, created_at], [
                {emqx_app, <<"collector">>, <<"a3f1c0de00000001">>, dashboard_hash(<<"of-collector">>),
                    true, #{role => <<"viewer">>, desc => <<"reads">>}, infinity, 1700000000},
                {emqx_app, <<"off">>, <<"a3f1c0de00000002">>, dashboard_hash(<<"of-off">>), false,
                    <<"before roles">>, 4102444800, 1700000000},
                {emqx_app, <<"tenant">>, <<"a3f1c0de00000003">>, dashboard_hash(<<"of-tenant">>), true,
                    #{role => <<"administrator">>, desc => <<>>, namespace => <<"space">>}, infinity,
                    1700000000}
            ]},
        {emqx_psk, psk_entry, [psk_id, shared_secret, extra], [
            {psk_entry, <<"device-7">>, <<"of-device-7">>, undefined},
            {psk_entry, <<"broken">>, <<"two\nlines">>, undefined}
        ]},
        {emqx_retainer_message, retained_message, [topic, msg, expiry_time], [
            {retained_message, [<<"kept">>, '', <<"1">>],
                message(<<"kept//1">>, <<"still">>, #{
                    'Content-Type' => <<"text/plain">>,
                    'User-Property' => [{<<"k">>, <<"v">>}],
                    'Correlation-Data' => <<1, 2, 3>>,
                    'Payload-Format-Indicator' => 1
                }),
                0},
            {retained_message, [<<"large">>], message(<<"large">>, binary:copy(<<"x">>, 100000), #{}),
                4102444800000},
            {retained_message, [<<"over">>], message(<<"over">>, <<"gone">>, #{}), 1600000000000}
        ]},
        {emqx_delayed, delayed_message, [key, delayed, msg], [
            {delayed_message, {4102444800000, <<1:128>>}, 60, message(<<"later">>, <<"soon">>, #{})}
        ]},
        {emqx_trace, emqx_trace, [name, type, filter], [{emqx_trace, <<"t">>, clientid, <<"c">>}]}
    ].

message(Topic, Payload, Properties) ->
    Headers = #{
        properties => Properties,
        protocol => mqtt,
        username => <<"ann">>,
        peerhost => {127, 0, 0, 1}
    },
    Flags = #{retain => true, dup => false},
    {message, <<1:128>>, 1, <<"c1">>, Flags, Headers, Topic, Payload, 1700000000123, #{}}.

scram(Name, Password) ->
    Salt = <<"0123456789abcdef">>,
    Salted = crypto:pbkdf2_hmac(sha256, Password, Salt, 4096, 32),
    ClientKey = crypto:mac(hmac, sha256, Salted, <<"Client Key">>),
    ServerKey = crypto:mac(hmac, sha256, Salted, <<"Server Key">>),
    {user_info, {<<"scram:built_in_database">>, Name}, sha256(ClientKey), ServerKey, Salt, false}.

dashboard_hash(Password) ->
    Salt = <<"NaCl">>,
    <<Salt/binary, (sha256(<<Salt/binary, Password/binary>>))/binary>>.

re(Text) ->
    {ok, Compiled} = re:compile(Text),
    Compiled.

sha256(Bytes) ->
    crypto:hash(sha256, Bytes).

hex(Bytes) ->
    string:lowercase(binary:encode_hex(Bytes)).
