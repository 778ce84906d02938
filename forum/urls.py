"""Every address of the site."""

from allauth.account import views as accounts
from django.urls import URLPattern, URLResolver, include, path, re_path, register_converter
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from forum.admin import admin_site
from forum.moderation.registry import all_actions
from forum.url_params import IdConverter, NameConverter, SubscriptionTargetConverter
from forum.views import (
    appeals,
    bookmarks,
    branches,
    compose,
    crawlers,
    drafts,
    erasures,
    feeds,
    help_pages,
    ignores,
    inbox,
    jumps,
    keys,
    live_updates,
    log,
    mail_settings,
    moderation,
    pending_posts,
    people,
    posts,
    private_feeds,
    quotes,
    read_state,
    received_mail,
    reports,
    search,
    site,
    subscriptions,
    tags,
    thread_lists,
    threads,
    titles,
)

register_converter(IdConverter, "id")
register_converter(NameConverter, "name")
register_converter(SubscriptionTargetConverter, "target")

handler400 = "forum.views.errors.bad_request"
handler403 = "forum.views.errors.forbidden"
handler404 = "forum.views.errors.not_found"
handler500 = "forum.views.errors.server_error"
handler429 = "forum.views.errors.too_fast"  # asked for by django-allauth

# Those of django-allauth's pages that we offer; no browser or proxy keeps them.
ACCOUNTS: list[URLPattern | URLResolver] = [
    path("login/", never_cache(accounts.login), name="account_login"),
    path("logout/", never_cache(accounts.logout), name="account_logout"),
    path("signup/", never_cache(accounts.signup), name="account_signup"),
    path("inactive/", never_cache(accounts.account_inactive), name="account_inactive"),
    path("reauthenticate/", never_cache(accounts.reauthenticate), name="account_reauthenticate"),
    path("email/", never_cache(accounts.email), name="account_email"),
    path(
        "confirm-email/",
        never_cache(accounts.email_verification_sent),
        name="account_email_verification_sent",
    ),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$",
        never_cache(accounts.confirm_email),
        name="account_confirm_email",
    ),
    path("password/change/", never_cache(accounts.password_change), name="account_change_password"),
    path("password/reset/", never_cache(accounts.password_reset), name="account_reset_password"),
    path(
        "password/reset/done/",
        never_cache(accounts.password_reset_done),
        name="account_reset_password_done",
    ),
    path(
        "password/reset/key/done/",
        never_cache(accounts.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[-\w]+)/$",
        never_cache(accounts.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
]


def moderation_pages() -> list[URLPattern]:
    """Return the page of every moderation action: /p/1/hide/ is "post-hide"."""
    return [
        path(
            f"{action.kind.path}{action.slug}/",
            moderation.on_one,
            {"action": action},
            name=f"{action.kind.kind}-{action.slug}",
        )
        for action in all_actions()
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    *moderation_pages(),
    path("moderate/<slug:kind>/<slug:slug>/", moderation.on_several, name="moderate"),
    path("", thread_lists.home, name="home"),
    path("threads/read/", thread_lists.mark_read, name="threads-read"),
    path(
        "threads/read/<id:marked_at>/undo/",
        thread_lists.undo_mark_read,
        name="threads-read-undo",
    ),
    path("threads/<slug:tab>/", thread_lists.index, name="threads"),
    path("new/", compose.choose_board, name="thread-choose-board"),
    path("b/<slug:slug>/", thread_lists.board, name="board-detail"),
    path("b/<slug:slug>/new/", compose.NewThreadView.as_view(), name="thread-start"),
    path("b/<slug:slug>/<slug:tab>/", thread_lists.board, name="board-threads"),
    path("t/<id:thread_id>/", threads.detail, name="thread-short"),
    path("t/<id:thread_id>/title/", titles.edit, name="thread-title"),
    path("t/<id:thread_id>/tags/", tags.choose, name="thread-tags"),
    path("t/<id:thread_id>/seen/", read_state.seen, name="thread-seen"),
    path("t/<id:thread_id>/served/", read_state.served, name="thread-served"),
    path("t/<id:thread_id>/next/", jumps.next_unread, name="thread-next"),
    path("t/<id:thread_id>/go/", jumps.go, name="thread-jump"),
    path("t/<id:thread_id>/arrivals/", live_updates.since, name="thread-arrivals"),
    path("t/<id:thread_id>/map/", threads.outline, name="thread-map"),
    path("t/<id:thread_id>/<str:slug>/", threads.detail, name="thread-detail"),
    path("p/<id:post_id>/", posts.detail, name="post-detail"),
    path("p/<id:post_id>/branch/", branches.detail, name="post-branch"),
    path("p/<id:post_id>/reply/", compose.ReplyView.as_view(), name="post-reply"),
    path("p/<id:post_id>/edit/", compose.EditView.as_view(), name="post-edit"),
    path("p/<id:post_id>/delete/", posts.delete, name="post-delete"),
    path("p/<id:post_id>/undelete/", posts.undelete, name="post-undelete"),
    path("p/<id:post_id>/left-out/", received_mail.left_out, name="post-left-out"),
    path("p/<id:post_id>/history/", posts.history, name="post-history"),
    path("p/<id:post_id>/quoted/", quotes.quoted, name="post-quoted"),
    path("p/<id:post_id>/quote/<int:ordinal>/", quotes.detail, name="post-quote"),
    path("p/<id:post_id>/menu/", posts.menu, name="post-menu"),
    path("p/<id:post_id>/bookmark/", bookmarks.bookmark, name="post-bookmark"),
    path("p/<id:post_id>/report/", reports.report, name="post-report"),
    path("p/<id:post_id>/read/", read_state.read, name="post-read"),
    path("p/<id:post_id>/unread/", read_state.unread, name="post-unread"),
    path("search/", search.index, name="search"),
    path("tags/", tags.index, name="tags"),
    path("tags/<slug:slug>/", thread_lists.tag, name="tag-detail"),
    path("tags/<slug:slug>/<slug:tab>/", thread_lists.tag, name="tag-threads"),
    path("people/", people.suggest, name="person-suggest"),
    path("u/<name:name>/", people.detail, name="person-detail"),
    path("u/<name:name>/ignore/", ignores.ignore, name="person-ignore"),
    path("u/<name:name>/stop-ignoring/", ignores.unignore, name="person-stop-ignoring"),
    path("log/", log.index, name="log"),
    path("log/<id:action_id>/", log.detail, name="log-entry"),
    path("log/<id:action_id>/appeal/", appeals.appeal, name="log-appeal"),
    path("appeals/", appeals.index, name="appeals"),
    path("appeals/<id:appeal_id>/", appeals.answer, name="appeal-answer"),
    path("log/<id:action_id>/undo/", log.undo_act, name="log-undo"),
    path("inbox/", inbox.detail, name="inbox"),
    path("inbox/moderators/", inbox.from_moderators, name="inbox-moderation"),
    path("inbox/mark/", inbox.mark, name="inbox-mark"),
    path("bookmarks/", bookmarks.index, name="bookmarks"),
    path("bookmarks/<id:bookmark_id>/remove/", bookmarks.remove, name="bookmark-remove"),
    path("bookmarks/<id:bookmark_id>/restore/", bookmarks.undo_remove, name="bookmark-restore"),
    path("bookmarks/csv/", bookmarks.export, {"form": "csv"}, name="bookmarks-csv"),
    path("bookmarks/json/", bookmarks.export, {"form": "json"}, name="bookmarks-json"),
    path("following/", subscriptions.index, name="following"),
    path("following/<target:target>/<slug:choice>/", subscriptions.change, name="subscription"),
    path("drafts/", drafts.index, name="drafts"),
    path("drafts/<id:draft_id>/discard/", drafts.discard, name="draft-discard"),
    path("drafts/<id:draft_id>/back/", drafts.take_back, name="draft-take-back"),
    path("pending/", pending_posts.index, name="pending-posts"),
    path("pending/<id:pending_post_id>/", pending_posts.detail, name="pending-post-detail"),
    path(
        "pending/<id:pending_post_id>/withdraw/",
        pending_posts.withdraw,
        name="pending-post-withdraw",
    ),
    path("account/erase/", erasures.own, name="account-erase"),
    path("account/ignored/", ignores.index, name="account-ignored"),
    path("account/settings/", people.settings, name="account-settings"),
    path("account/mail/", mail_settings.choose_frequencies, name="mail-settings"),
    path("mail/stop/<str:key>/", mail_settings.unsubscribe, name="unsubscribe"),
    path("accounts/", include(ACCOUNTS)),
    # Password managers open it: https://w3c.github.io/webappsec-change-password-url/
    path(
        ".well-known/change-password",
        RedirectView.as_view(pattern_name="account_change_password"),
        name="change-password",
    ),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("sitemap-boards.xml", crawlers.sitemap_boards, name="sitemap-boards"),
    path("sitemap-threads-<id:file>.xml", crawlers.sitemap_threads, name="sitemap-threads"),
    path("sitemap-people-<id:file>.xml", crawlers.sitemap_people, name="sitemap-people"),
    path("help/markdown/", help_pages.markdown, name="help-markdown"),
    path("theme/", site.theme, name="theme"),
    path("order/", site.order, name="order"),
    path("help/keys/", keys.show, name="help-keys"),
    path("keys/", keys.switch, name="keys"),
    path("feed.atom", feeds.site_feed, name="site-feed"),
    path("b/<slug:slug>/feed.atom", feeds.board_feed, name="board-feed"),
    path("tags/<slug:tag>/feed.atom", feeds.tag_feed, name="tag-feed"),
    path("t/<id:thread_id>/feed.atom", feeds.thread_feed, name="thread-feed-short"),
    path("t/<id:thread_id>/<str:slug>/feed.atom", feeds.thread_feed, name="thread-feed"),
    path("p/<id:post_id>/branch/feed.atom", feeds.branch_feed, name="branch-feed"),
    path("u/<name:name>/feed.atom", feeds.person_feed, name="person-feed"),
    path("account/feeds/", private_feeds.addresses, name="account-feeds"),
    path("account/feeds/<id:token_id>/revoke/", private_feeds.revoke, name="feed-revoke"),
    path("feeds/<str:key>/inbox.atom", private_feeds.inbox, name="inbox-feed"),
    path("feeds/<str:key>/following.atom", private_feeds.following, name="following-feed"),
    path("search/feed.atom", feeds.search_feed, name="search-feed"),
    path("healthz", site.alive, name="alive"),
    path("readyz", site.ready, name="ready"),
    path("admin/", admin_site.urls),
]
