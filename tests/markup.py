"""Texts that would run or draw something if a page ever took them for markup."""

from playwright.async_api import Page

RAN = "window.ran=1"
_CALL = f"javascript:{RAN}"

CORPUS = (
    f"<script>{RAN}</script>",
    f"<SCRIPT >{RAN}</SCRIPT >",
    f"<scr<script>ipt>{RAN}</scr</script>ipt>",
    f"</script><script>{RAN}</script>",
    "<script src=data:text/javascript,window.ran=1></script>",
    f"<script type=module>{RAN}</script>",
    f"<svg><script>{RAN}</script></svg>",
    f"<svg/onload={RAN}>",
    f"<svg onload={RAN}//",
    f"<svg><animate onbegin={RAN} attributeName=x dur=1s>",
    f"<svg><a xlink:href='{_CALL}'><text x=9 y=9>x</text></a></svg>",
    f"<svg><use href=\"data:image/svg+xml,<svg id='x' onload='{RAN}'/>#x\"></svg>",
    f"<math><mtext><img src=x onerror={RAN}></mtext></math>",
    f"<math><annotation-xml encoding='text/html'><img src=x onerror={RAN}>",
    f"<img src=x onerror={RAN}>",
    f"<img src=x onerror='{RAN}'>",
    f"<img/src/onerror={RAN}>",
    f"<img src='x' onerror=\"{RAN}\" x=",
    f"<image src=x onerror={RAN}>",
    f"\"><img src=x onerror={RAN}>",
    f"'><img src=x onerror={RAN}>",
    f"--><img src=x onerror={RAN}>",
    f"]]><img src=x onerror={RAN}>",
    f"</textarea><img src=x onerror={RAN}>",
    f"</title><img src=x onerror={RAN}>",
    f"</style><img src=x onerror={RAN}>",
    f"</option></select><img src=x onerror={RAN}>",
    f"<noscript><p title=\"</noscript><img src=x onerror={RAN}>\">",
    f"<template><img src=x onerror={RAN}></template>",
    f"<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={RAN}>",
    f"<body onload={RAN}>",
    f"<body onhashchange={RAN}>",
    f"<input autofocus onfocus={RAN}>",
    f"<textarea autofocus onfocus={RAN}>",
    f"<select autofocus onfocus={RAN}>",
    f"<button autofocus onfocus={RAN}>x</button>",
    f"<details open ontoggle={RAN}>",
    f"<video><source onerror={RAN}>",
    f"<video src=x onerror={RAN}>",
    f"<audio src=x onerror={RAN}>",
    f"<marquee onstart={RAN}>",
    f"<object data='{_CALL}'>",
    f"<embed src='{_CALL}'>",
    f"<iframe src='{_CALL}'>",
    f"<iframe srcdoc='<script>parent.{RAN}</script>'>",
    f"<a href='{_CALL}'>x</a>",
    f"<a href='java&#10;script:{RAN}'>x</a>",
    f"<form action='{_CALL}'><button>x</button></form>",
    "<base href='http://127.0.0.1:1/'>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:1/'>",
    "<link rel=stylesheet href='http://127.0.0.1:1/x.css'>",
    "<style>@import 'http://127.0.0.1:1/x.css';*{display:none}</style>",
    "<p style='background:url(http://127.0.0.1:1/x)'>x</p>",
    f"<x onclick={RAN} style='position:fixed;inset:0'>x</x>",
    f"<div popover id=p onbeforetoggle={RAN}></div><button popovertarget=p>x</button>",
    f"&lt;img src=x onerror={RAN}&gt;",
    f"&#60;script&#62;{RAN}&#60;/script&#62;",
    f"\\u003cscript\\u003e{RAN}\\u003c/script\\u003e",
    f"{{{{constructor.constructor('{RAN}')()}}}}",
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    f"${{eval('{RAN}')}}",
    f"');{RAN};('",
    f"\";{RAN};//",
    _CALL,
    f"data:text/html,<script>{RAN}</script>",
    "__proto__",
    "constructor",
    '{"v":1,"type":"claimed","conversation":"x"}',
    "\u202e<script>window.ran=1</script>\u202c",
    "＜script＞window.ran=1＜/script＞",
)  # fmt: skip

WATCH = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => window.broken.push(event.violatedDirective));
"""
"""Put into a page before anything else: it notes every try that the page's policy stopped."""

FOREIGN = (
    "script, img, image, iframe, object, embed, video, audio, base, meta, link, style,"
    " form:not([id])"
)


async def nothing_ran(page: Page, inside: str) -> None:
    """See that no text was taken for markup, and that no script sink was even tried."""
    assert await page.evaluate("window.ran") is None
    assert await page.evaluate("window.broken") == []
    made = ", ".join(f"{inside} {tag.strip()}" for tag in FOREIGN.split(","))
    assert await page.locator(made).count() == 0
