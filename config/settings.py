"""Every setting, in one file; the environment decides. Each variable is described in docs/settings.md."""

from collections.abc import MutableMapping
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
env = Env()


def _secret(name: str, default: str = "") -> str:
    """The value of ``NAME``, or the content of the file that ``NAME_FILE`` names."""
    path = env.str(f"{name}_FILE", "")
    return Path(path).read_text().strip() if path else env.str(name, default)


# -- The installation -----------------------------------------------------------------------------
DEBUG = False
DEMO = env.bool("DEMO", False)  # shows demo sign-ins and the local outbox
SECRET_KEY = _secret(
    "SECRET_KEY", "insecure-secret-for-commands-that-sign-nothing-and-serve-nobody" if DEMO else ""
)
BASE_URL = env.str("BASE_URL", "http://localhost:8000").rstrip("/")
SECURE = BASE_URL.startswith("https://")
HOST = BASE_URL.split("://", 1)[1].split("/", 1)[0]
ALLOWED_HOSTS = [HOST.rsplit(":", 1)[0], *env.list("ALLOWED_HOSTS", [])]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
ROOT_KEYS_FILE = env.str("ROOT_KEYS_FILE", "")  # the city's public roots, pinned by whoever verifies
LOCAL_ROOT_DIR = env.str("LOCAL_ROOT_DIR", "")  # operators' commands on a machine that is its own root
WSGI_APPLICATION = "config.wsgi.application"
ROOT_URLCONF = "config.urls"

# -- The key-encryption key: the first that is given; the signer's processes alone have any ---------
PKCS11_MODULE = env.str("PKCS11_MODULE", "")
PKCS11_TOKEN = env.str("PKCS11_TOKEN", "passport")
PKCS11_PIN = _secret("PKCS11_PIN")
PKCS11_KEK_LABEL = env.str("PKCS11_KEK_LABEL", "passport-kek")
CREDENTIALS_DIRECTORY = env.str("CREDENTIALS_DIRECTORY", "")  # systemd's; its file is called kek
KEY_ENCRYPTION_KEY_FILE = env.str("KEY_ENCRYPTION_KEY_FILE", "")
KEY_ENCRYPTION_KEY = env.str("KEY_ENCRYPTION_KEY", "")

INSTALLED_APPS = [
    "passport",
    "verify",
    "credentials",
    "issuers",
    "config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",  # the first three see every answer: redirects, refusals, static files too
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.PolicyHeaders",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.Lighter",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.Languages",
    "config.middleware.Bounded",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "passport.shared.Forgetful",
    "config.middleware.Refusals",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.house",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "config.templatetags.faces",
                "credentials.templatetags.badges",
            ],
        },
    }
]

# -- Database and broker --------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", f"sqlite:///{VAR_DIR / 'passport.sqlite3'}")
DATABASES = {"default": env.dj_db_url("DATABASE_URL", DATABASE_URL, conn_max_age=600)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-20000;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A server that does not answer is away; a page does not wait for it.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "throttle_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # with the default of 300 a flood would push limits out
    },
    "process": {  # of each web process for itself
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "upkeep"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_TASK_ALWAYS_EAGER = False

# -- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "passport.Learner"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/me/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "passport.accounts.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = ACCOUNT_USER_MODEL_EMAIL_FIELD = None  # addresses are rows of their own
ACCOUNT_LOGIN_METHODS = {"phone"}  # the door is ours; allauth signs in and asks for the second factor
ACCOUNT_SIGNUP_FIELDS = ["phone"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
MFA_ADAPTER = "passport.secondfactors.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_TOTP_ISSUER = "Passeport de l’apprenant"
MFA_TOTP_TOLERANCE = 1  # RFC 6238, section 5.2: one step for the time that typing takes
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# -- Messages that leave the house ----------------------------------------------------------------
EMAIL_BACKEND = env.str("EMAIL_BACKEND", "credentials.messengers.LocalEmailBackend")
SMS_BACKEND = env.str("SMS_BACKEND", "credentials.messengers.LocalSmsBackend")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "passeport@localhost")
EMAIL_HOST = env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", "")  # for credentials.messengers.HttpSmsBackend
SMS_GATEWAY_TOKEN = _secret("SMS_GATEWAY_TOKEN")
SMS_GATEWAY_SENDER = env.str("SMS_GATEWAY_SENDER", "")
SMS_PER_NUMBER_A_DAY = env.int("SMS_PER_NUMBER_A_DAY", 5)
SMS_PER_NUMBER_A_MONTH = env.int("SMS_PER_NUMBER_A_MONTH", 20)
SMS_PER_PROVIDER_A_DAY = env.int("SMS_PER_PROVIDER_A_DAY", 3_000)
SMS_PER_CITY_A_DAY = env.int("SMS_PER_CITY_A_DAY", 20_000)
RECEIPTS_TOKEN = _secret("RECEIPTS_TOKEN")  # what a gateway shows that says what became of a message
OUTBOUND_PORTS = env.list("OUTBOUND_PORTS", [443], subcast=int)  # of hosts of others

# -- Languages ------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("ar", _("Arabic")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
LANGUAGE_COOKIE_NAME = "__Host-lang" if SECURE else "lang"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Africa/Casablanca"

# -- Files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", "") or None  # given: collected files under hashed names
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.files.HashedFiles"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
NODE_MODULES = BASE_DIR / "node_modules"
PRINT_FONT_DIRS = [
    NODE_MODULES / "@expo-google-fonts" / "ibm-plex-sans",
    NODE_MODULES / "@expo-google-fonts" / "ibm-plex-sans-arabic",
    NODE_MODULES / "@expo-google-fonts" / "noto-sans-tifinagh",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 201  # one more than a bench takes, so that it says so itself

# -- Security headers -----------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"  # with "no-referrer" browsers post "Origin: null", which CSRF refuses
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 63_072_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", SECURE)
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # the lamps are asked from this machine
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if SECURE_PROXY_SSL_HEADER else 0  # limits are per visitor, not per proxy
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "microphone=(), payment=(), usb=()"
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "require-trusted-types-for": ["'script'"],
    }
}


def _policy_of_the_decoder(headers: MutableMapping[str, str], _path: str, url: str) -> None:
    """A worker has the policy of its own answer: it alone may compile WebAssembly, and no page."""
    if url.startswith(f"{STATIC_URL}verify/decoding-worker."):
        headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
        )


WHITENOISE_ADD_HEADERS_FUNCTION = _policy_of_the_decoder

# -- Operators ------------------------------------------------------------------------------------
METRICS_TOKEN = _secret("METRICS_TOKEN")  # what Prometheus shows

AUDIT_WITNESSES: list[str] = env.list("AUDIT_WITNESSES", [])  # who keeps checkpoints elsewhere
SECURITY_CONTACT: list[str] = env.list(
    "SECURITY_CONTACT", []
)  # who is told of a hole, in the order of preference

# -- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["issuers.access.ApiClientAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.problems.problem_response",
    "DEFAULT_THROTTLE_RATES": {
        "verify": "60/min",
        "short-code": "10/min",
        "join-code": "60/min",  # a class behind one address types what stands on its screen
        "slip-code": "10/min",
        "bench": env.str("BENCH_RATE", "20/hour") or None,  # each may be 200 certificates
        "imports": "60/hour",  # what one learner brings or has checked again: sites of others are asked
        "client": "600/min",
        "batches": "10/min",
        "register": "120/min",
        "card": "30/min",  # PINs from one place: a library's computers share one
        "wrong-token": "20/min",
        "link": env.str("LINK_RATE", "30/min") or None,  # one certificate, from one place
        "links": env.str("LINKS_RATE", "600/min") or None,  # all that one place opens: a class shares one
    },
    "NUM_PROXIES": 1 if SECURE_PROXY_SSL_HEADER else 0,  # else anybody names another address for each try
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "The learner passport",
    "DESCRIPTION": "Issue, verify and manage signed certificates of learning (Open Badges 3.0, VCDM 2.0).",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "Apache-2.0"},
    "SERVERS": [{"url": BASE_URL}],
    "TAGS": [
        {"name": "courses", "description": "What the provider may award"},
        {"name": "lists", "description": "Lists of people, from hand-over to the last row"},
        {"name": "certificates", "description": "How one stands, and a change of mind"},
        {
            "name": "verification",
            "description": "Whether a certificate is genuine; for everybody",
        },
        {"name": "gateways", "description": "Receipts of the mail and SMS gateways"},
        {"name": "register", "description": "Who may award what in this city; for everybody"},
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "CourseState": "credentials.models.Achievement.State",
        "CourseKind": "credentials.models.Achievement.Kind",
        "ListState": "credentials.models.Batch.State",
        "ListKind": "credentials.models.Batch.Kind",
        "ListHeld": "credentials.models.Batch.Held",
        "RowState": "credentials.models.Award.State",
        "MessageState": "credentials.models.Message.State",
        "MessageKind": "credentials.models.Message.Kind",
        "ReplacementReason": "credentials.revocation.REPLACING",
        "IssuerState": "issuers.models.Issuer.State",
        "IssuerKind": "issuers.models.IssuerKind",
    },
}

# -- Conformance ----------------------------------------------------------------------------------
VC_API = env.bool("VC_API", False)  # what the public suites drive; keys of its own, trusted by nobody
VC_API_DOCUMENTS = env.str("VC_API_DOCUMENTS", "")  # documents that the suites refer to and the product not

# -- Logs: constant phrases with data beside them; never a name, an address, a token ---------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    # a request that is refused would be told with its address, and an address may be all that lets one in
    "loggers": {
        "django.request": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
        "urllib3": {"level": "ERROR"},  # its warnings name addresses
    },
}
# account.W001: nobody signs up by allauth's form, so its field need not be required
SILENCED_SYSTEM_CHECKS = ["account.W001"]
