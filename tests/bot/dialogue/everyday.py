"""Sentences that must stay quiet, or low; non-explicit, written for this project."""

EVERYDAY = """
배고파 죽겠다
배고파죽겠네
더워 죽겠어
숙제 때문에 죽을 것 같아
숙제가 너무 많아서 죽겠어
시험 공부하다 죽을 뻔
게임에서 죽었어
롤 하다가 또 죽었다
보스한테 죽었어ㅋㅋ
웃겨 죽겠네ㅋㅋㅋ
귀여워 죽겠어
졸려 죽겠다
심심해 죽겠어
힘들어 죽겠다 체육 때문에
보고싶어 죽겠어
맛이 죽인다
우리집 금붕어가 죽었어
배터리가 죽었어
드라마에서 주인공이 협박당했어
영화에서 사람이 갇혔어
죽 먹었어 호박죽
기죽지 마
친구가 집 앞에 와있어
택배 왔어
치킨이 문 앞에 와있대
엄마가 데리러 온대
강아지가 자꾸 따라와
동생이 쫓아와서 놀았어
옥상에서 고기 구워 먹었어
한강에 자전거 타러 갔어
감기약 다 먹었어
코피가 계속 나
숙제 사진 보내 달래
엄마가 여행 사진 보내래
친구가 강아지 사진 보내달라고 했어
선생님이 과제 영상 올리래
할머니가 용돈 준대
엄마가 용돈 줄 테니까 심부름 가래
편의점 알바 구했어
무조건 만나자 반친구랑
친구가 주말에 만나자고 했어
사촌오빠가 만나자고 해서 영화 봤어
아기 재워주고 왔어
할머니 집에서 재워줬어
친구들이랑 숨바꼭질했어
자살 예방 교육 들었어
향수를 뿌렸어
아이돌 티저 공개됐대
오늘 급식 뭐야
안녕하세요
내일 날씨 어때
수학 너무 싫어
동생이랑 싸웠어
유튜브 보다가 잠들었어
ㅋㅋㅋㅋㅋㅋ
ㅎㅇ
방탈출 카페에서 갇혔다가 나왔어
i'm dying of laughter
this homework is killing me
my mom is gonna kill me lol
i died in the game
my phone died
im so hungry i could die
that song is to die for
my friend is outside
the pizza guy... my pizza is here now
we had a rooftop party
send me the homework pics
my mom wants me to send vacation photos
i killed it at the concert
what is the weather tomorrow
hello
i love my dog
we watched a movie where someone got kidnapped
my brother is waiting outside
i need new shoes
게임 캐릭터가 뛰어내려서 죽음
아 진짜 죽을거같애 웃겨서
나 오늘 수학시험 망해서 엄마한테 죽었다
친구가 내 사진 예쁘게 찍어줬어
사진 동아리 들었어
영상 편집 숙제 있어
엄마가 사진 보내래
오늘 친구랑 한강 가기로 함
칼국수 먹었어
약 먹고 잤어
병원에서 약 받아왔어
내일 시험이라 떨려
다리 아파 죽겠네
버스 놓쳤어 망했다
아빠가 데리러 오는 중
오빠랑 게임했어
오빠가 아이스크림 사준다
언니랑 만나기로 했어
동네 오빠랑 축구했어
선생님이 남으래
친구 생일 선물 뭐 사지
인스타에 사진 올렸어
틱톡 영상 찍었어
엘리베이터에 사람이 많았어
비밀번호 까먹었어
친구한테 비밀 말했어
돈 없어
용돈 올려달라고 했어
학원 가기 싫어
집에 가고 싶어
할아버지가 돌아가셨어
게임 아이템 팔아요
자전거 타다 다쳐서 피 났어
햄스터가 죽어서 슬퍼
이 노래 죽인다
폰 없으면 못살아
너 없으면 못 살아ㅋㅋ
숙제 안 하면 엄마가 핸드폰 뺏는대
사장님이 알바비 안 줘요
can you send me the link
my teacher sent the video
i took a pill for my headache
i have soccer practice tonight
he is here to fix the wifi
i want to go home
my mom is coming home
we met online and play minecraft together
i have 10 minutes to finish my homework
i want to leave school early
this game is killing me
my friend wants me to post our pics from the trip
cut my hair yesterday
i have two cats
dad hit a home run
친구랑 사진 찍으러 갔어
우리반 애가 전학가서 슬퍼
할머니 집에 놀러왔어
엄마가 밥 먹으래
손목이 아파 필기를 많이 했더니
형이 게임기 빌려준대
오늘 축구하다 넘어졌어
팔에 모기 물렸어
시험 끝나면 놀거야
돈 모아서 운동화 살거야
다음주에 수학여행 가
연필 사야해
나 오늘 발표 망쳤어 쪽팔려 죽겠어
아 늦잠 자서 죽을 뻔
선생님이 숙제 안하면 남긴대
my battery is dead
i hate mondays
can you help me with math
my friend sent me a funny video
i cut my finger cooking
나중에 혼자 살고 싶다
인테리어 혼자 해볼까
친구가 자꾸 놀러 가자 해
내일 점심에 지호 만나라고 알려줘
금요일에 데이트 있어
언론사 보도를 봤어
감기약 많이 먹었어
약 먹었어 배가 너무 아파서
약 두 개 먹었어
약 먹고 밥 많이 먹었어
약국에서 약 많이 샀어
요약 다 했어
마약 김밥 많이 먹었어
사기 당했어
해킹 당했어요
왕따 당했어
게임에서 오빠한테 당했어
형이 내 폰 만졌어
아빠가 밤에 과일 주러 방에 들어와
아빠가 밤에 내 방에 들어와서 공부하래
엄마가 임신했어
고양이가 임신한 거 같아
친구가 임신했대
친구가 손목 다쳤어
친구가 약 먹었대
친구가 옥상에서 고기 먹재
선 그었어
시험 문제 다 맞았어
돈 줄게 지워달라고 했어
엄마한테 다 이른대
my friend cuts class
my friend cuts her hair
my friend hurt her leg
my sister cut in line
my teacher is pregnant
my dad came into my room to say good night
""".strip().splitlines()

NEGATED = """
죽고 싶지는 않아요
죽고 싶은 건 아니에요
자해는 안 해요
자살 생각은 없어요
i dont want to die
im not suicidal
""".strip().splitlines()

WORRIED = """
무서워요
잠이 안 와요
너무 외로워
아무한테도 말할 수 없어
모르는 사람이 자꾸 연락해
집에 가기 싫어
이상한 디엠이 왔어요
i feel so lonely
im scared
i cant sleep
a stranger keeps texting me
""".strip().splitlines()
