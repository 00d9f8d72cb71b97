"""Names that browsers and programs give themselves: previews and scanners that fetch links, and phones of real people."""

BOTS = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Twitterbot/1.0",
    "WhatsApp/2.23.20.0 A",
    "WhatsApp/2.2336.9 N",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 "
    "Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 "
    "(Applebot/0.1; +http://www.apple.com/go/applebot)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))",
    "Mozilla/5.0 (compatible; proofpoint-url-defense/1.0)",
    "Mozilla/5.0 (compatible; urlscan.io)",
    "curl/8.5.0",
    "Wget/1.21.4",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
)

_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
_ANDROID = "Mozilla/5.0 (Linux; Android {}) AppleWebKit/537.36 (KHTML, like Gecko) "

PHONES = (
    _IOS.format("18_1") + "Version/18.1 Mobile/15E148 Safari/604.1",
    _IOS.format("17_6_1") + "Version/17.6 Mobile/15E148 Safari/604.1",
    _IOS.format("16_7") + "Version/16.6 Mobile/15E148 Safari/604.1",
    _IOS.format("18_1") + "CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1",
    _IOS.format("18_0") + "FxiOS/131.0 Mobile/15E148 Safari/605.1.15",
    _IOS.format("18_0") + "EdgiOS/129.0.2792.84 Version/18.0 Mobile/15E148 Safari/604.1",
    _IOS.format("18_0") + "GSA/337.0.677869411 Mobile/15E148 Safari/604.1",
    _IOS.format("17_5") + "Mobile/15E148 [FBAN/FBIOS;FBAV/485.1.0.45.110;FBBV/665337277;FBDV/iPhone14,5;FBMD/iPhone]",
    _IOS.format("17_5") + "Mobile/15E148 Instagram 352.1.0.37.112 (iPhone14,5; iOS 17_5; en_US; scale=3.00)",
    _IOS.format("17_4") + "Mobile/15E148 MicroMessenger/8.0.50(0x1800322b) NetType/WIFI Language/en",
    _IOS.format("18_1") + "Mobile/15E148 Snapchat/13.10.0.41",
    _IOS.format("18_1") + "Mobile/15E148",
    _ANDROID.format("15; Pixel 9") + "Chrome/141.0.0.0 Mobile Safari/537.36",
    _ANDROID.format("14; SM-S921B") + "Chrome/140.0.0.0 Mobile Safari/537.36",
    _ANDROID.format("10; K") + "Chrome/141.0.0.0 Mobile Safari/537.36",
    _ANDROID.format("14; SM-S921B") + "SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
    _ANDROID.format("13; 2201117TG") + "Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.9.0-gn",
    _ANDROID.format("14; SM-A546B Build/UP1A; wv") + "Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 "
    "[FB_IAB/FB4A;FBAV/486.0.0.66.70;]",
    _ANDROID.format("14; Pixel 8 Build/AP1A; wv") + "Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36 Instagram "
    "352.1.0.41.100 Android",
    _ANDROID.format("13; CPH2451 Build/TP1A; wv") + "Version/4.0 Chrome/139.0.0.0 Mobile Safari/537.36 "
    "musical_ly_2023605030 BytedanceWebview/d8a21c6",
    _ANDROID.format("12; M2101K6G; wv") + "Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36 Line/14.15.0/IAB",
    _ANDROID.format("14; Pixel 7a") + "Chrome/140.0.0.0 Mobile Safari/537.36 OPR/84.0.0.0",
    _ANDROID.format("11; moto g(30)") + "Chrome/137.0.0.0 Mobile Safari/537.36 EdgA/137.0.0.0",
    "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0",
    "Mozilla/5.0 (Linux; U; Android 13; en-us; RMX3630) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/115.0.0.0 Mobile Safari/537.36 HeyTapBrowser/45.9.5",
)
