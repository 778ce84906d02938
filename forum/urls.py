"""Every address of the site."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, register_converter

from forum.lib.addresses import IdConverter
from forum.views import boards, posts, site, threads

register_converter(IdConverter, "id")

handler400 = "forum.views.errors.bad_request"
handler403 = "forum.views.errors.forbidden"
handler404 = "forum.views.errors.not_found"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", boards.home, name="home"),
    path("b/<slug:slug>/", boards.detail, name="board-detail"),
    path("b/<slug:slug>/new/", threads.start, name="thread-start"),
    path("t/<id:thread_id>/", threads.detail, name="thread-short"),
    path("t/<id:thread_id>/<str:slug>/", threads.detail, name="thread-detail"),
    path("p/<id:post_id>/", posts.detail, name="post-detail"),
    path("p/<id:post_id>/reply/", posts.reply, name="post-reply"),
    path("p/<id:post_id>/edit/", posts.edit, name="post-edit"),
    path("p/<id:post_id>/delete/", posts.delete, name="post-delete"),
    path("p/<id:post_id>/history/", posts.history, name="post-history"),
    path("p/<id:post_id>/menu/", posts.menu, name="post-menu"),
    path("accounts/", include("allauth.account.urls")),
    path("theme/", site.theme, name="theme"),
    path("healthz", site.alive, name="alive"),
    path("readyz", site.ready, name="ready"),
    path("admin/", admin.site.urls),
]
